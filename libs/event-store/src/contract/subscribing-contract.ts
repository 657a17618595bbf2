import { describe, expect, it } from '@jest/globals';
import type { EventStore, RecordedEvent } from '#domain';
import { anEvent, plain, turn, until } from '#testing';
import type { StoreUnderTest } from './scene.js';
import { idsOf, Scene } from './scene.js';

type Options = Parameters<EventStore['subscribeToAll']>[1];

/** `subscribeToAll`: catching up, then following, for ever. */
export const subscribingContract = (makeStore: () => Promise<StoreUnderTest>, timeoutMs: number): void =>
  describe('subscribing', () => {
    const scene = new Scene(makeStore, timeoutMs);
    const waitFor = (condition: () => boolean, what: string) => until(condition, what, timeoutMs);

    /** A reader that takes what comes, as long as `gate` lets it. */
    const reader = (after: number, options: Options = {}, gate: () => Promise<void> = async () => undefined) => {
      const end = new AbortController();
      const seen: RecordedEvent[] = [];
      const state = { seen, sizes: [] as number[], timesAtHead: 0, stop: () => end.abort(), done: Promise.resolve() };
      const read = async () => {
        for await (const page of scene.store.subscribeToAll(after, {
          filter: scene.mine,
          signal: end.signal,
          ...options,
        })) {
          expect(page.events.every(({ position }) => position <= page.position)).toBe(true);
          seen.push(...page.events);
          state.sizes.push(page.events.length);
          if (page.atHead) state.timesAtHead++;
          await gate();
        }
      };
      state.done = read();
      return state;
    };
    const ended = async (...readers: ReturnType<typeof reader>[]) => {
      for (const each of readers) each.stop();
      await Promise.all(readers.map(({ done }) => done));
    };

    it('gives what there is, says that it reached the head, then gives what comes', async () => {
      await scene.fill('a', 3);
      const each = reader(scene.start);
      await waitFor(() => each.timesAtHead > 0, 'the head');
      expect(idsOf(each.seen)).toEqual(['a-0', 'a-1', 'a-2']);
      await scene.append('a', 2, anEvent('new'));
      await waitFor(() => each.seen.length === 4, 'the new event');
      expect(each.seen.map(plain)).toEqual((await scene.all()).map(plain));
      await ended(each);
    });

    it('says so in an empty store and at the head, with nothing to give', async () => {
      const each = reader(await scene.store.head());
      await waitFor(() => each.timesAtHead === 1, 'the head');
      expect(each.seen).toEqual([]);
      await scene.fill('a', 2);
      await waitFor(() => each.seen.length === 2, 'both events');
      await ended(each);
    });

    it('begins after any position', async () => {
      const events = await scene.fill('a', 6);
      for (const [index, { position }] of events.entries()) {
        const each = reader(position);
        await waitFor(() => each.timesAtHead > 0, 'the head');
        expect(idsOf(each.seen)).toEqual(idsOf(events.slice(index + 1)));
        await ended(each);
      }
    });

    it(
      'leaves nothing out and repeats nothing while it catches up with writers',
      async () => {
        await scene.fill('before', 400);
        const readers = [1, 3, 64, 1_000].map(batchSize => reader(scene.start, { batchSize }));
        const late: ReturnType<typeof reader>[] = [];
        const writer = async (name: string) => {
          let revision = (await scene.fill(name, 1))[0]!.revision;
          for (let count = 0; count < 60; count++) {
            const [event] = await scene.append(name, revision, anEvent(`${name}-${revision + 1}`));
            revision = event!.revision;
            if (count === 30) late.push(reader(scene.start, { batchSize: 10 }));
          }
        };
        await Promise.all(['a', 'b', 'c', 'd', 'e'].map(writer));
        const whole = (await scene.all(1_000)).map(plain);
        expect(whole).toHaveLength(400 + 5 * 61);
        for (const each of [...readers, ...late]) {
          await waitFor(() => each.seen.length >= whole.length, 'everything');
          expect(each.seen.map(plain)).toEqual(whole);
        }
        await ended(...readers, ...late);
      },
      3 * timeoutMs,
    );

    it('gives batches of the size asked for at the most', async () => {
      await scene.fill('a', 25);
      const each = reader(scene.start, { batchSize: 10 });
      await waitFor(() => each.seen.length === 25, 'everything');
      expect(Math.max(...each.sizes)).toBeLessThanOrEqual(10);
      await ended(each);
    });

    it('filters', async () => {
      const each = reader(scene.start, { filter: { streams: [scene.stream('node-')], types: ['Port'] } });
      await scene.fill('node-1', 3, 'PortAttached');
      await scene.fill('node-2', 3, 'NodeEnrolled');
      await scene.fill('chassis-1', 3, 'PortAttached');
      await scene.fill('node-3', 1, 'PortAttached');
      await waitFor(() => each.seen.length >= 4, 'what passes');
      expect(idsOf(each.seen)).toEqual(['node-1-0', 'node-1-1', 'node-1-2', 'node-3-0']);
      await ended(each);
    });

    it('lets a slow reader delay neither writers nor other readers', async () => {
      const opening = Promise.withResolvers<void>();
      const slow = reader(scene.start, { batchSize: 5 }, () => opening.promise);
      const quick = reader(scene.start);
      await waitFor(() => slow.timesAtHead + slow.seen.length > 0, 'the slow reader to begin');
      for (let burst = 0; burst < 30; burst++) await scene.fill(`s${burst}`, 100);
      await waitFor(() => quick.seen.length === 3_000, 'the quick reader');
      expect(slow.sizes.length).toBe(1);
      opening.resolve();
      await waitFor(() => slow.seen.length === 3_000, 'the slow reader');
      expect(slow.seen.map(plain)).toEqual(quick.seen.map(plain));
      await ended(slow, quick);
    });

    it('ends when it is aborted: before it began, between batches, and while it waits', async () => {
      await scene.fill('a', 30);
      const before = reader(scene.start, { signal: AbortSignal.abort() });
      await before.done;
      expect(before.seen).toEqual([]);

      const between = reader(scene.start, { batchSize: 1 }, async () => between.stop());
      await between.done;
      expect(between.seen.length).toBeLessThanOrEqual(1);

      const waiting = reader(scene.start);
      await waitFor(() => waiting.timesAtHead > 0, 'the head');
      await turn();
      waiting.stop();
      await waiting.done;
      await scene.append('a', 29, anEvent('later'));
      expect(waiting.seen).toHaveLength(30);
    });

    it('ends when the reader breaks off, and the others go on', async () => {
      const other = reader(scene.start);
      await scene.fill('a', 10);
      for await (const page of scene.store.subscribeToAll(scene.start, { filter: scene.mine, batchSize: 2 }))
        if (page.events.length > 0) break;
      await scene.append('a', 9, anEvent('later'));
      await waitFor(() => other.seen.length === 11, 'the other reader');
      await ended(other);
    });
  });
