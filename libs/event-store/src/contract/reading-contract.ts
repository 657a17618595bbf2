import { describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { isoOf, msOf } from '#domain';
import { anEvent, plain, turn, withUpcasters } from '#testing';
import type { StoreUnderTest } from './scene.js';
import { idsOf, Scene } from './scene.js';

/** Reads of one stream, of the whole store, and by time. */
export const readingContract = (makeStore: () => Promise<StoreUnderTest>, timeoutMs: number): void =>
  describe('reading', () => {
    const scene = new Scene(makeStore, timeoutMs);
    const readStream = async (...args: [from?: number, limit?: number]) =>
      idsOf(await scene.store.readStream(scene.stream('a'), ...args));

    it('gives a stream from a revision on, so many at the most', async () => {
      await scene.fill('a', 5);
      expect(await readStream()).toEqual(['a-0', 'a-1', 'a-2', 'a-3', 'a-4']);
      expect(await readStream(3)).toEqual(['a-3', 'a-4']);
      expect(await readStream(1, 2)).toEqual(['a-1', 'a-2']);
      expect(await readStream(5)).toEqual([]);
    });

    it('gives every reader events of old versions as those of today', async () => {
      const inFahrenheit = anEvent('old', { type: 'TemperatureRead', data: { fahrenheit: 212 } });
      const toCelsius = (data: object) => ({ celsius: ((data as { fahrenheit: number }).fahrenheit - 32) / 1.8 });
      await withUpcasters({ TemperatureRead: [toCelsius] }, async () => {
        const { store } = scene;
        const [appended] = await scene.append('a', 'no stream', inFahrenheit);
        const metadata = { ...inFahrenheit.metadata, schemaVersion: '2' };
        const today = { ...plain(appended!), data: { celsius: 100 }, metadata };
        expect(plain(appended!)).toEqual(today);
        expect((await store.readStream(appended!.stream)).map(plain)).toEqual([today]);
        expect((await store.readStreamBackwards(appended!.stream, 1)).map(plain)).toEqual([today]);
        expect((await scene.all()).map(plain)).toEqual([today]);
        for await (const { events, atHead } of store.subscribeToAll(scene.start, { filter: scene.mine })) {
          if (events.length > 0) expect(events.map(plain)).toEqual([today]);
          if (atHead || events.length > 0) break;
        }
        expect((await scene.append('a', 'no stream', inFahrenheit)).map(plain)).toEqual([today]);
      });
    });

    it('gives nothing of a stream that is not there', async () => {
      expect(await readStream()).toEqual([]);
      expect(await scene.store.readStreamBackwards(scene.stream('a'), 5)).toEqual([]);
    });

    it('knows a stream by its whole name', async () => {
      await scene.fill('a', 1);
      await scene.fill('ab', 1);
      await scene.fill('A', 1);
      await scene.fill('a%', 1);
      expect(await readStream()).toEqual(['a-0']);
    });

    it('gives the newest of a stream first, backwards', async () => {
      await scene.fill('a', 5);
      expect(idsOf(await scene.store.readStreamBackwards(scene.stream('a'), 2))).toEqual(['a-4', 'a-3']);
      expect(await scene.store.readStreamBackwards(scene.stream('a'), 99)).toHaveLength(5);
    });

    it('has all events in one order, in which none comes before what it knew of', async () => {
      await Promise.all(['a', 'b', 'c'].map(name => scene.fill(name, 20)));
      await scene.append('a', 19, anEvent('after all'));
      const events = await scene.all();
      expect(events).toHaveLength(61);
      expect(events.at(-1)!.id).toBe('after all');
      const byStream = Map.groupBy(events, ({ stream }) => stream);
      for (const [stream, inOrder] of byStream)
        expect(inOrder.map(plain)).toEqual((await scene.store.readStream(stream)).map(plain));
      expect(events.map(({ position }) => position)).toEqual([...new Set(positionsOf(events))].sort((a, b) => a - b));
    });

    it('gives it page by page, nothing twice and nothing left out', async () => {
      await Promise.all(['a', 'b', 'c'].map(name => scene.fill(name, 11)));
      const whole = await scene.all(1_000);
      for (const limit of [1, 7, 33, 34]) expect((await scene.all(limit)).map(plain)).toEqual(whole.map(plain));
    });

    it('begins after the position that it is given', async () => {
      const events = await scene.fill('a', 4);
      const { events: rest, atHead, position } = await scene.store.readAll(events[1]!.position, 100);
      expect(rest.filter(({ stream }) => stream === scene.stream('a')).map(({ id }) => id)).toEqual(['a-2', 'a-3']);
      expect({ atHead, position }).toEqual({ atHead: true, position: await scene.store.head() });
      const end = await scene.store.readAll(position, 100);
      expect(end).toEqual({ events: [], position, atHead: true });
    });

    it('filters by beginnings of names of streams and types', async () => {
      await scene.fill('node-1', 2, 'NodeEnrolled');
      await scene.fill('node-2', 2, 'PortAttached');
      await scene.fill('chassis-1', 2, 'ChassisCreated');
      const filtered = async (streams: string[] | undefined, types?: string[]) => {
        const filter = { streams: streams?.map(name => scene.stream(name)), ...(types && { types }) };
        const events = [];
        for (let position = scene.start; ;) {
          const page = await scene.store.readAll(position, 2, filter as object);
          events.push(...page.events);
          if (page.atHead) return idsOf(events);
          position = page.position;
        }
      };
      expect(await filtered(['node-'])).toEqual(['node-1-0', 'node-1-1', 'node-2-0', 'node-2-1']);
      expect(await filtered(['node-2', 'chassis-'])).toEqual(['node-2-0', 'node-2-1', 'chassis-1-0', 'chassis-1-1']);
      expect(await filtered([''], ['Port'])).toEqual(['node-2-0', 'node-2-1']);
      expect(await filtered(['node-'], ['Chassis', 'NodeE'])).toEqual(['node-1-0', 'node-1-1']);
      expect(await filtered(['other'])).toEqual([]);
      expect(await filtered([], [])).toHaveLength(6);
    });

    it('moves on where a filter passes nothing', async () => {
      const events = await scene.fill('a', 9);
      const nothing = { types: ['Nothing'] };
      let page = await scene.store.readAll(scene.start, 3, nothing);
      for (let pages = 0; !page.atHead && pages < 100; pages++) {
        const next = await scene.store.readAll(page.position, 3, nothing);
        expect(next.position).toBeGreaterThan(page.position);
        page = next;
      }
      expect(page.atHead).toBe(true);
      expect(page.position).toBeGreaterThanOrEqual(events.at(-1)!.position);
    });

    it('says where its head is', async () => {
      const events = await scene.fill('a', 3);
      expect(await scene.store.head()).toBe(events.at(-1)!.position);
    });

    it('means by an instant the last event before the first that was recorded later', async () => {
      // Some events, of several milliseconds at least.
      let [last] = await scene.append('a', 'no stream', anEvent('0'));
      for (const begun = last!.recorded; msOf(last!.recorded) < msOf(begun) + 3;) {
        [last] = await scene.append('a', last!.revision, anEvent(String(last!.revision + 1)));
        await turn();
      }
      const all = await scene.everything();
      const instants = new Set(all.slice(-200).map(({ recorded }) => msOf(recorded)));
      for (const ms of [...instants].flatMap(ms => [ms - 1, ms, ms + 1]))
        expect([ms, await scene.store.positionAt(isoOf(ms))]).toEqual([ms, positionAt(all, ms)]);
      expect(await scene.store.positionAt('1970-01-01T00:00:00.000Z')).toBe(0);
      expect(await scene.store.positionAt('9999-01-01T00:00:00.000Z')).toBe(await scene.store.head());
    });
  });

const positionsOf = (events: readonly RecordedEvent[]): number[] => events.map(({ position }) => position);

/** What the port says, word for word. */
const positionAt = (events: readonly RecordedEvent[], ms: number): number => {
  const later = events.findIndex(({ recorded }) => msOf(recorded) > ms);
  const before = later < 0 ? events : events.slice(0, later);
  return before.at(-1)?.position ?? 0;
};
