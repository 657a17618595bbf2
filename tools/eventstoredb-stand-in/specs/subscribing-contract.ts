import { describe, expect, it } from '@jest/globals';
import { until } from '#testing';
import type { AllStreamSubscription, Position, StreamSubscription } from '@kurrent/kurrentdb-client';
import type { ClientUnderTest } from './peer.js';
import { refusalOf } from './peer.js';
import { aScene } from './scene.js';

/** What a subscription tells, in its order. */
export const heard = (subscription: AllStreamSubscription | StreamSubscription): string[] => {
  const log: string[] = [];
  subscription.on('data', ({ event }) => log.push(event!.type));
  subscription.on('confirmation', () => log.push('confirmation'));
  subscription.on('caughtUp', () => log.push('caughtUp'));
  subscription.on('error', (error: Error & { type?: string }) => log.push(`error ${error.type}`));
  return log;
};

export const subscribingContract = (client: ClientUnderTest): void =>
  describe('subscriptions:', () => {
    const scene = aScene(client);

    it.each([
      { what: 'the start', options: {}, found: ['confirmation', 'Event-a', 'Event-b', 'caughtUp', 'Event-c'] },
      { what: 'a revision', options: { fromRevision: 0n }, found: ['confirmation', 'Event-b', 'caughtUp', 'Event-c'] },
      { what: 'the end', options: { fromRevision: 'end' }, found: ['confirmation', 'caughtUp', 'Event-c'] },
    ])('to a stream from $what', async ({ options, found }) => {
      const { connection, events } = scene;
      await connection.append('s', events('a b'));
      const subscription = connection.client.subscribeToStream('s', options as object);
      const log = heard(subscription);
      await until(() => log.includes('caughtUp'), 'caughtUp');
      await connection.append('t', events('x'));
      await connection.append('s', events('c'));
      await until(() => log.includes('Event-c'), 'the live event');
      expect(log).toEqual(found);
      await subscription.unsubscribe();
    });

    it('to a stream that is yet to come, and goes', async () => {
      const { connection, events } = scene;
      const log = heard(connection.client.subscribeToStream('s'));
      await until(() => log.includes('caughtUp'), 'caughtUp');
      await connection.append('s', events('a'));
      await connection.client.deleteStream('s');
      await connection.append('s', events('b'));
      await connection.client.tombstoneStream('s');
      await until(() => log.some(line => line.startsWith('error')), 'the end');
      expect(log).toEqual(['confirmation', 'caughtUp', 'Event-a', 'Event-b', '$streamDeleted', 'error stream-deleted']);
      const late = heard(connection.client.subscribeToStream('s'));
      await until(() => late.length > 0, 'the refusal');
      expect(late).toEqual(['error stream-deleted']);
    });

    it('to everything from after a position, whatever the filter', async () => {
      const { connection, events } = scene;
      const { eventTypeFilter, excludeSystemEvents, streamNameFilter } = client.module;
      const { position } = await connection.append('s-1', events('a'));
      await connection.append('t-1', events('b c'));
      await connection.append('s-2', events('d'));
      const from = { fromPosition: { commit: position!, prepare: position! } };
      for (const [options, found] of [
        [{}, ['$metadata', 'Event-a', 'Event-b', 'Event-c', 'Event-d']],
        [{ fromPosition: 'end' }, []],
        [from, ['Event-b', 'Event-c', 'Event-d']],
        [{ filter: streamNameFilter({ prefixes: ['s-', 'x'] }) }, ['Event-a', 'Event-d']],
        [{ filter: streamNameFilter({ regex: '^t|2$' }) }, ['Event-b', 'Event-c', 'Event-d']],
        [{ filter: eventTypeFilter({ prefixes: ['Event-d'] }) }, ['Event-d']],
        [{ filter: eventTypeFilter({ regex: '-[ab]$' }) }, ['Event-a', 'Event-b']],
        [{ ...from, filter: excludeSystemEvents() }, ['Event-b', 'Event-c', 'Event-d']],
      ] as const) {
        const subscription = connection.client.subscribeToAll(options as object);
        const log = heard(subscription);
        await until(() => log.includes('caughtUp'), 'caughtUp');
        expect(log).toEqual(['confirmation', ...found, 'caughtUp']);
        await subscription.unsubscribe();
      }
    });

    it('checkpoints come with the window; none loses or repeats an event', async () => {
      const { connection, events } = scene;
      for (let round = 0; round < 40; round++)
        await connection.append(round % 3 === 0 ? 's-1' : 't-1', events(`e${round} f${round}`));
      const checkpoints: { after: number; position: Position }[] = [];
      const expected: string[] = [];
      const follow = async (options: object, checkpointInterval: number, told?: typeof checkpoints) => {
        const filter = client.module.streamNameFilter({
          prefixes: ['s-'],
          checkpointInterval,
          maxSearchWindow: 3,
          checkpointReached: (_subscription, position) => void told?.push({ after: log.length, position }),
        });
        const subscription = connection.client.subscribeToAll({ ...options, filter });
        const log = heard(subscription);
        await until(() => log.includes('caughtUp'), 'caughtUp');
        await subscription.unsubscribe();
        return log.filter(line => line.startsWith('Event'));
      };
      expected.push(...(await follow({}, 2, checkpoints)));
      expect(expected.length).toBe(28);
      // 81 events are looked at, six between two checkpoints.
      expect(checkpoints.length).toBe(13);
      expect(checkpoints.some(({ position }) => position.prepare === 0n)).toBe(true);
      for (const { after, position } of checkpoints) {
        const seen = after - 1;
        expect(await follow({ fromPosition: position }, 1)).toEqual(expected.slice(seen));
      }
    });

    it('a subscriber that was behind hears again that it has caught up', async () => {
      const { connection, events } = scene;
      const log = heard(connection.client.subscribeToAll({ fromPosition: 'end' }));
      await until(() => log.includes('caughtUp'), 'caughtUp');
      const names = Array.from({ length: 500 }, (_, index) => `e${index}`).join(' ');
      await connection.append('s', events(names));
      await until(() => log.length >= 503, 'all of it');
      expect(log.filter(line => line === 'caughtUp').length).toBe(2);
      expect(log.filter(line => line.startsWith('Event')).length).toBe(500);
    });

    it('a subscriber that leaves is not told any more', async () => {
      const { connection, events } = scene;
      const subscription = connection.client.subscribeToAll({ fromPosition: 'end' });
      const log = heard(subscription);
      await until(() => log.includes('caughtUp'), 'caughtUp');
      await subscription.unsubscribe();
      await connection.append('s', events('a'));
      expect(await refusalOf(connection.client.deleteStream('missing'))).toMatchObject({ code: 9 });
      expect(log).toEqual(['confirmation', 'caughtUp']);
    });
  });
