import { describe, expect, it } from '@jest/globals';
import { until } from '#testing';
import type { ClientUnderTest } from './peer.js';
import { collected, connect, refusalOf } from './peer.js';
import { aScene } from './scene.js';
import { heard } from './subscribing-contract.js';

export const faultsContract = (client: ClientUnderTest): void =>
  describe('faults on demand:', () => {
    const scene = aScene(client);
    const count = async (stream: string): Promise<number> =>
      collected(scene.connection.client.readStream(stream)).then(
        events => events.length,
        () => 0,
      );

    it.each([
      { stored: true, answer: 'timeout', type: 'deadline-exceeded' },
      { stored: false, answer: 'timeout', type: 'deadline-exceeded' },
      { stored: true, answer: 'reset', type: 'unavailable' },
      { stored: false, answer: 'reset', type: 'unavailable' },
    ] as const)('an append whose outcome is unknown: $answer, stored: $stored', async ({ stored, answer, type }) => {
      const { connection, standIn, events } = scene;
      await connection.append('other', events('o'));
      await standIn.faults.inject({ kind: 'outcome-unknown', stored, answer, stream: 's' });
      await connection.append('other', events('p'));
      expect(await refusalOf(connection.append('s', events('a'), 'no_stream'))).toMatchObject({ type });
      const late = connect(client, standIn.connectionString);
      const there = await collected(late.client.readStream('s')).then(
        found => found.length,
        () => 0,
      );
      expect(there).toBe(stored ? 1 : 0);
      expect(await late.append('s', events('a'), 'no_stream')).toMatchObject({ revision: 0n });
      expect((await collected(late.client.readStream('s'))).length).toBe(1);
      await late.close();
    });

    it('an append whose answer never comes', async () => {
      const { connection, standIn, events } = scene;
      await connection.append('other', events('o'));
      await standIn.faults.inject({ kind: 'outcome-unknown', stored: true, answer: 'none' });
      const credentials = { username: 'any', password: 'any' };
      const outcome = connection.append('s', events('a'), 'no_stream', { credentials, deadline: 300 });
      expect(await refusalOf(outcome)).toMatchObject({ type: 'deadline-exceeded', code: 4 });
      expect(await count('s')).toBe(1);
    });

    it('a follower forwards appends, and refuses what requires the leader', async () => {
      const { connection, standIn, events } = scene;
      await standIn.faults.inject({ kind: 'not-leader', leader: { host: '127.0.0.1', port: 3113 } });
      expect(await connection.append('s', events('a'))).toMatchObject({ revision: 0n });
      const strict = connect(client, standIn.connectionString);
      expect(await refusalOf(strict.append('s', events('b'), 'any', { requiresLeader: true }))).toMatchObject({
        type: 'not-leader',
        code: 5,
        message: '5 NOT_FOUND: Leader info available',
        leader: { address: '127.0.0.1', port: 3113 },
      });
      await strict.close();
    });

    it('a server without a leader is not ready for appends, until there is one', async () => {
      const { connection, standIn, events } = scene;
      await standIn.faults.inject({ kind: 'not-ready' });
      expect(await refusalOf(connection.append('s', events('a')))).toMatchObject({
        type: 'unknown',
        message: 'Could not recognize Server Is Not Ready',
      });
      await standIn.faults.clear();
      expect(await connection.append('s', events('a'))).toMatchObject({ revision: 0n });
    });

    it('whoever may not write may still read', async () => {
      const { connection, standIn, events } = scene;
      await connection.append('s', events('a'));
      await standIn.faults.inject({ kind: 'read-only' });
      expect(await refusalOf(connection.append('s', events('b')))).toMatchObject({ type: 'access-denied' });
      expect(await refusalOf(connection.client.deleteStream('s'))).toMatchObject({ type: 'access-denied', code: 7 });
      expect(await count('s')).toBe(1);
    });

    it('a slow subscriber is dropped, and resumes by itself where it was', async () => {
      const { connection, standIn, events } = scene;
      await connection.append('s', events('a b'));
      const log = heard(connection.client.subscribeToStream('s'));
      await until(() => log.includes('caughtUp'), 'caughtUp');
      await standIn.faults.inject({ kind: 'slow-consumer' });
      await until(() => log.some(line => line.startsWith('error')), 'the error');
      expect(log.at(-1)).toMatch(/^error (unknown|timeout)$/);
      const again = heard(connection.client.subscribeToStream('s', { fromRevision: 0n }));
      await until(() => again.includes('caughtUp'), 'caughtUp');
      expect(again).toEqual(['confirmation', 'Event-b', 'caughtUp']);
    });

    it('a server that is away breaks subscriptions and refuses calls, and is found again', async () => {
      const { connection, standIn, events } = scene;
      await connection.append('s', events('a'));
      const log = heard(connection.client.subscribeToStream('s'));
      await until(() => log.includes('caughtUp'), 'caughtUp');
      await standIn.faults.inject({ kind: 'unavailable' });
      await until(() => log.some(line => line.startsWith('error')), 'the error');
      expect(log.at(-1)).toBe('error unavailable');
      expect(await refusalOf(connection.append('s', events('b'), 0n))).toMatchObject({ code: 14 });
      await standIn.faults.clear();
      expect(await connection.append('s', events('b'), 0n)).toMatchObject({ revision: 1n });
    });

    it('a server that hangs answers nothing, and goes on in the end', async () => {
      const { connection, standIn, events } = scene;
      await connection.append('s', events('a'));
      await standIn.faults.inject({ kind: 'hung' });
      const options = { credentials: { username: 'any', password: 'any' }, deadline: 300 };
      expect(await refusalOf(connection.append('s', events('b'), 0n, options))).toMatchObject({
        type: 'deadline-exceeded',
        code: 4,
      });
      const waiting = connection.append('t', events('c'));
      await standIn.faults.clear('hung');
      expect(await waiting).toMatchObject({ revision: 0n });
      // Whether the one that was given up was done after all is found by repeating it.
      expect(await connection.append('s', events('b'), 0n)).toMatchObject({ revision: 1n });
      expect(await count('s')).toBe(2);
    });
  });
