import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { StoreUnavailable } from '#domain';
import { anEvent, plain } from '#testing';
import type { StoreUnderTest } from './scene.js';

/** `close`, and what the next one finds. */
export const closingContract = (makeStore: () => Promise<StoreUnderTest>, timeoutMs: number): void =>
  describe('closing', () => {
    let underTest: StoreUnderTest;
    beforeEach(async () => {
      underTest = await makeStore();
    }, timeoutMs);
    afterEach(() => underTest.dispose(), timeoutMs);
    /** Streams that neither another test nor another run has: the store may be used by others. */
    let streams = '';
    beforeEach(() => {
      streams = `${randomUUID()}-`;
    });
    const appendTo = (name: string, store = underTest.store) =>
      store.append([{ stream: `${streams}${name}`, expected: 'no stream', events: [anEvent(`${name}-0`)] }]);

    it('answers what was asked for before, and refuses everything after', async () => {
      const { store } = underTest;
      const [asked, reference] = [appendTo('a'), await store.put(Buffer.from('x'))];
      const closing = store.close();
      const after = appendTo('b');
      await expect(after).rejects.toBeInstanceOf(StoreUnavailable);
      await closing;
      expect(await asked).toHaveLength(1);
      for (const refused of [
        () => appendTo('c'),
        () => store.readStream(`${streams}a`),
        () => store.readStreamBackwards(`${streams}a`, 1),
        () => store.readAll(0, 1),
        () => store.head(),
        () => store.positionAt('2026-01-01T00:00:00.000Z'),
        () => store.put(Buffer.from('y')),
        () => store.get(reference),
      ])
        await expect(refused()).rejects.toBeInstanceOf(StoreUnavailable);
      await store.close();
    });

    it('ends subscriptions, those at the head and those that are behind', async () => {
      await appendTo('a');
      const follow = async (after: number) => {
        for await (const page of underTest.store.subscribeToAll(after, { batchSize: 1 })) {
          if (page.atHead) arrived.resolve();
        }
      };
      const arrived = Promise.withResolvers<void>();
      const following = [follow(0), follow(await underTest.store.head())];
      await arrived.promise;
      await underTest.store.close();
      await Promise.all(following);
    });

    it('loses nothing: the next start finds the same store', async () => {
      const { identity } = underTest.store;
      const start = await underTest.store.head();
      await appendTo('a');
      await appendTo('b');
      const read = async (store = underTest.store) => {
        const { events } = await store.readAll(start, 1_000, { streams: [streams] });
        return events.map(plain);
      };
      const [before, head] = [await read(), await underTest.store.head()];
      expect(before).toHaveLength(2);
      const next = await underTest.reopen();
      expect(next.identity).toEqual(identity);
      expect(await next.head()).toBe(head);
      expect(await read(next)).toEqual(before);
      const [event] = await appendTo('c', next);
      expect(event!.position).toBeGreaterThan(head);
    });
  });
