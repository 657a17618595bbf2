import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventFilter } from '#domain';
import type { TemporaryFolder } from '#testing';
import { anEvent, temporaryFolder, until, virtualClock } from '#testing';
import { SqliteEventStore } from '../sqlite/sqlite-event-store.js';
import type { Checkpoint } from './follower.js';
import { checkpointInMemory, Follower } from './follower.js';

describe('A follower', () => {
  const clock = virtualClock();
  let folder: TemporaryFolder;
  let store: SqliteEventStore;
  let seen: string[];
  let breaks: unknown[];
  /** Thrown by the handler as long as it is set. */
  let fault: Error | undefined;
  let attempts: number;
  let follower: Follower;
  beforeEach(() => {
    folder = temporaryFolder();
    store = new SqliteEventStore({ path: folder.file('events.sqlite'), clock });
    [seen, breaks, fault, attempts] = [[], [], undefined, 0];
  });
  afterEach(async () => {
    await follower.stop();
    await store.close();
    folder.remove();
    expect(clock.pending()).toBe(0);
  });

  let revision = -1;
  beforeEach(() => void (revision = -1));
  const append = async (id: string, type = 'Wanted') => {
    await store.append([
      { stream: 's', expected: revision < 0 ? 'no stream' : revision, events: [anEvent(id, { type })] },
    ]);
    revision++;
  };
  const follow = (
    checkpoint: Checkpoint = checkpointInMemory(0),
    from: Pick<SqliteEventStore, 'subscribeToAll'> = store,
  ) => {
    follower = new Follower({
      store: from,
      clock,
      filter: { types: ['Wanted'] },
      checkpoint,
      handle: async events => {
        attempts++;
        if (fault) throw fault;
        seen.push(...events.map(({ id }) => id));
      },
      onBreak: error => breaks.push(error),
    });
    follower.start();
  };
  const waitsToRetry = () => until(() => clock.pending() === 1, 'a pause before the next attempt');

  it('gets what passes its filter, in order, and remembers how far it came', async () => {
    const checkpoint = checkpointInMemory(1);
    for (const id of ['a', 'b']) await append(id);
    await append('x', 'Other');
    follow(checkpoint);
    await until(() => seen.length === 1, 'what was there');
    await append('c');
    await until(() => seen.length === 2, 'what came');
    expect(seen).toEqual(['b', 'c']);
    expect(checkpoint.get()).toBe(4);
    expect(breaks).toEqual([]);
  });

  it('goes on after an error from where it was, and tells of it once', async () => {
    await append('a');
    follow();
    await until(() => seen.length === 1, 'the first');
    fault = new Error('the disk is full');
    await append('b');
    await waitsToRetry();
    for (let second = 0; second < 10; second++) await clock.advance(1_000);
    await append('c');
    expect(attempts).toBeGreaterThan(3);
    expect(seen).toEqual(['a']);
    expect(breaks).toEqual([fault]);

    fault = undefined;
    await clock.advance(60_000);
    await until(() => seen.length === 3, 'what could not be handled before');
    expect(seen).toEqual(['a', 'b', 'c']);

    fault = new Error('the disk is full again');
    await append('d');
    await waitsToRetry();
    expect(breaks).toHaveLength(2);
  });

  it('does not wait with the next events until its place is written down, and ends when it is', async () => {
    const written: number[] = [];
    const slow = Promise.withResolvers<void>();
    const checkpoint: Checkpoint = {
      get: () => 0,
      async set(position) {
        await slow.promise;
        written.push(position);
      },
    };
    await append('a');
    follow(checkpoint);
    await until(() => seen.length === 1, 'the first');
    await append('b');
    await until(() => seen.length === 2, 'the second');
    expect(written).toEqual([]);
    const stopped = follower.stop();
    slow.resolve();
    await stopped;
    expect(written).toEqual([1, 2]);
  });

  it('goes on from where it was when its place cannot be written down', async () => {
    const full = new Error('the disk is full');
    const checkpoint: Checkpoint = {
      get: () => 0,
      set: position => (position === 1 ? Promise.reject(full) : undefined),
    };
    await append('a');
    follow(checkpoint);
    await until(() => seen.length === 1, 'the first');
    await append('b');
    await waitsToRetry();
    expect(breaks).toEqual([full]);
    await clock.advance(1_000);
    await until(() => seen.length === 4, 'both again');
    expect(seen).toEqual(['a', 'b', 'a', 'b']);
  });

  it('tries less and less often, and at least once a minute', async () => {
    fault = new Error('broken');
    await append('a');
    follow();
    const at: number[] = [];
    const began = clock.now();
    for (let tries = 1; tries <= 9; tries++) {
      await until(() => attempts === tries, `attempt ${tries}`);
      at.push((clock.now() - began) / 1_000);
      await waitsToRetry();
      while (attempts === tries) await clock.advance(1_000);
    }
    expect(at).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
  });

  it('gets over a store that breaks off', async () => {
    let isBroken = true;
    await append('a');
    follow(checkpointInMemory(0), {
      subscribeToAll: (after: number, options: { filter?: EventFilter }) => {
        if (isBroken) throw new Error('the connection is lost');
        return store.subscribeToAll(after, options);
      },
    });
    await waitsToRetry();
    isBroken = false;
    await clock.advance(1_000);
    await until(() => seen.length === 1, 'the event');
    expect(breaks).toEqual([new Error('the connection is lost')]);
  });

  it('can be stopped while it waits to try again', async () => {
    fault = new Error('broken');
    await append('a');
    follow();
    await waitsToRetry();
    await follower.stop();
    await clock.advance(120_000);
    expect(attempts).toBe(1);
  });
});
