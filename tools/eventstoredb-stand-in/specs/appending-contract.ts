import { describe, expect, it } from '@jest/globals';
import type { ClientUnderTest, Expectation } from './peer.js';
import { collected, refusalOf } from './peer.js';
import { aScene } from './scene.js';

interface Step {
  readonly ids: string;
  readonly expected: Expectation;
  /** Where the append ends; nothing when it is refused. */
  readonly done?: bigint;
  /** Where the stream stands that refuses. */
  readonly actual?: bigint | 'no_stream';
}

/** One stream, step by step, as it was recorded. The same name is the same event. */
const steps: readonly Step[] = [
  { ids: 'a', expected: 'stream_exists', actual: 'no_stream' },
  { ids: 'a', expected: 0n, actual: 'no_stream' },
  { ids: 'a b c', expected: 'no_stream', done: 2n },
  { ids: 'a b c', expected: 'no_stream', done: 2n },
  { ids: 'a b c', expected: 'any', done: 2n },
  { ids: 'a b c', expected: 'stream_exists', done: 2n },
  { ids: 'a b', expected: 'no_stream', done: 1n },
  { ids: 'b c', expected: 0n, done: 2n },
  { ids: 'x', expected: 'no_stream', actual: 2n },
  { ids: 'd', expected: 2n, done: 3n },
  { ids: 'd', expected: 2n, done: 3n },
  { ids: 'x', expected: 2n, actual: 3n },
  { ids: 'x', expected: 10n, actual: 3n },
  { ids: 'c d e', expected: 1n, actual: 3n },
  { ids: 'c d e', expected: 'any', actual: 3n },
  { ids: 'e d', expected: 3n, done: 5n },
  { ids: 'f', expected: 'stream_exists', done: 6n },
  { ids: 'd', expected: 'any', done: 3n },
  { ids: '', expected: 'any', done: 6n },
  { ids: '', expected: 'no_stream', actual: 6n },
  { ids: '', expected: 3n, actual: 6n },
];
const inTheEnd = 'a b c d e d f';

export const appendingContract = (client: ClientUnderTest): void => {
  describe.each([
    { way: 'BatchAppend', batchAppend: true },
    { way: 'Append', batchAppend: false },
  ])('appends by $way:', ({ batchAppend }) => {
    const scene = aScene(client, { batchAppend });

    it('an append is refused or repeated as its ids and its expectation have it', async () => {
      const { connection, events } = scene;
      const positions = new Map<bigint, bigint>();
      for (const { ids, expected, done, actual } of steps) {
        const outcome = connection.append('s', events(ids), expected);
        if (done === undefined)
          expect(await refusalOf(outcome)).toMatchObject({ type: 'wrong-expected-version', expected, actual });
        else {
          const { revision, position } = await outcome;
          expect([ids, expected, revision]).toEqual([ids, expected, done]);
          if (ids) positions.set(revision, position!);
        }
      }
      const there = await collected(connection.client.readStream('s'));
      expect(there.map(({ type }) => type)).toEqual(inTheEnd.split(' ').map(name => `Event-${name}`));
      for (const [revision, position] of positions)
        expect(there[Number(revision)]!.position).toEqual({ commit: position, prepare: position });
    });

    it('an empty append to a stream that is not there leaves it so', async () => {
      expect(await scene.connection.append('s', [])).toMatchObject({ revision: 0n });
      expect(await refusalOf(collected(scene.connection.client.readStream('s')))).toMatchObject({
        type: 'stream-not-found',
      });
    });

    it('one id may be in a stream twice, and in two streams', async () => {
      const { connection, events } = scene;
      expect(await connection.append('s', events('a a'), 'no_stream')).toMatchObject({ revision: 1n });
      expect(await connection.append('t', events('a'), 'no_stream')).toMatchObject({ revision: 0n });
    });

    it('of many that expect the same, one succeeds', async () => {
      const { connection, events } = scene;
      await connection.append('s', events('a'), 'no_stream');
      const all = Array.from({ length: 16 }, (_, index) => connection.append('s', events(`x${index}`), 0n));
      const outcomes = await Promise.allSettled(all);
      expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(1);
      expect((await collected(connection.client.readStream('s'))).length).toBe(2);
    });

    it('an append holds 1 MiB of data and not a byte more', async () => {
      const { connection } = scene;
      const ofBytes = (...sizes: number[]) =>
        sizes.map(size => client.module.binaryEvent({ type: 'B', data: Buffer.alloc(size), metadata: { m: 1 } }));
      const refused = { type: 'maximum-append-size-exceeded', maxAppendSize: 1_048_576 };
      expect(await connection.append('s', ofBytes(1_048_576))).toMatchObject({ revision: 0n });
      expect(await connection.append('s', ofBytes(524_288, 524_288))).toMatchObject({ revision: 2n });
      expect(await refusalOf(connection.append('s', ofBytes(1_048_577)))).toMatchObject(refused);
      expect(await refusalOf(connection.append('s', ofBytes(524_288, 524_289)))).toMatchObject(refused);
      expect(await connection.append('s', ofBytes(1))).toMatchObject({ revision: 3n });
    });
  });

  describe('appends in general:', () => {
    const scene = aScene(client);

    it('appends that nobody waits for are stored in the order of their calls', async () => {
      const { connection, events } = scene;
      // The first opens the call that the others share.
      await connection.append('t', events('x'));
      await Promise.all(Array.from({ length: 100 }, (_, index) => connection.append('s', events(`e${index}`))));
      const types = (await collected(connection.client.readStream('s'))).map(({ type }) => type);
      expect(types).toEqual(Array.from({ length: 100 }, (_, index) => `Event-e${index}`));
    });

    it('a thousand events are one append', async () => {
      const names = Array.from({ length: 1_000 }, (_, index) => `e${index}`).join(' ');
      expect(await scene.connection.append('s', scene.events(names), 'no_stream')).toMatchObject({ revision: 999n });
    });

    it('a bad event is refused, and nothing of it is stored', async () => {
      const { connection } = scene;
      const bad = { type: 'unknown', message: 'Could not recognize BadRequest' };
      const event = (fields: object) => [client.module.jsonEvent({ type: 'T', data: {}, ...fields })];
      for (const [stream, fields] of [
        ['s', { type: '' }],
        ['s', { id: 'no-uuid' }],
        ['s', { id: '00000000-0000-0000-0000-000000000000' }],
        ['', {}],
      ] as const)
        expect(await refusalOf(connection.append(stream, event(fields)))).toMatchObject(bad);
      expect(await collected(connection.client.readAll())).toEqual([
        expect.objectContaining({ streamId: '$$$scavenges' }),
      ]);
    });

    it('an append by credentials of its own gets the same answers', async () => {
      const { connection, events } = scene;
      const options = { credentials: { username: 'admin', password: 'changeit' } };
      expect(await connection.append('s', events('a'), 'no_stream', options)).toMatchObject({ revision: 0n });
      expect(await refusalOf(connection.append('s', events('b'), 'no_stream', options))).toMatchObject({
        type: 'wrong-expected-version',
        expected: 'no_stream',
        actual: 0n,
      });
    });
  });
};
