import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from 'better-sqlite3';
import { cpSync } from 'node:fs';
import type { NewEvent, RecordedEvent } from '#domain';
import { isoOf, OutcomeUnknown, StoreUnavailable, WrongExpectedRevision } from '#domain';
import type { TemporaryFolder, VirtualClock } from '#testing';
import { anEvent, countingIds, plain, temporaryFolder, turn, virtualClock } from '#testing';
import { eventStoreContract } from '../contract.js';
import { inAFolder } from '../contract/in-a-folder.js';
import { readEvents } from './read-events.js';
import { SqliteEventStore } from './sqlite-event-store.js';

eventStoreContract('The SQLite event store', inAFolder());

describe('The SQLite event store', () => {
  let folder: TemporaryFolder;
  let clock: VirtualClock;
  let store: SqliteEventStore;
  let commits: RecordedEvent[][];
  let database: Database;

  const open = (path = folder.file('events.sqlite')) => {
    const opened = new SqliteEventStore({ path, clock, prepareDatabase: given => void (database = given) });
    commits = [];
    opened.onCommit(events => void commits.push([...events]));
    return opened;
  };
  const append = (stream: string, ...events: NewEvent[]) => store.append([{ stream, expected: 'no stream', events }]);
  beforeEach(() => {
    folder = temporaryFolder();
    clock = virtualClock();
    store = open();
  });
  afterEach(async () => {
    await store.close();
    folder.remove();
  });

  describe('shares commits', () => {
    it('among all that is asked for in a turn, in the order it was asked for', async () => {
      const id = countingIds();
      await Promise.all(['a', 'b', 'c'].map(stream => append(stream, anEvent(id()), anEvent(id()))));
      await append('d', anEvent(id()));
      expect(commits.map(events => events.map(({ stream }) => stream))).toEqual([
        ['a', 'a', 'b', 'b', 'c', 'c'],
        ['d'],
      ]);
    });

    it('and one that is refused does the others no harm', async () => {
      await append('b', anEvent('first'));
      const outcomes = await Promise.allSettled([
        append('a', anEvent('1')),
        append('b', anEvent('2')),
        store.append([
          { stream: 'c', expected: 'no stream', events: [anEvent('3')] },
          { stream: 'b', expected: 5, events: [anEvent('4')] },
        ]),
        append('d', anEvent(undefined as never)),
        store.put(Buffer.from('blob')),
        append('e', anEvent('5')),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled', 'fulfilled',
      ]); // prettier-ignore
      expect(commits.at(-1)!.map(({ id }) => id)).toEqual(['1', '5']);
      expect(await store.readStream('c')).toEqual([]);
    });

    it('and later ones of the turn see what the earlier ones wrote', async () => {
      const [first, second] = await Promise.allSettled([
        append('a', anEvent('1')),
        store.append([{ stream: 'a', expected: 0, events: [anEvent('2')] }]),
      ]);
      expect([first.status, second.status]).toEqual(['fulfilled', 'fulfilled']);
      await expect(append('a', anEvent('other'))).rejects.toBeInstanceOf(WrongExpectedRevision);
    });

    it('tells its listeners before whoever waits, and what it tells is what is read later', async () => {
      const order: string[] = [];
      store.onCommit(() => order.push('listener'));
      const data = { left_out: undefined, at: new Date(0), minus: -0 };
      await append('a', anEvent('1', { data })).then(() => order.push('writer'));
      expect(order).toEqual(['listener', 'writer']);
      expect(commits[0]!.map(plain)).toEqual((await store.readStream('a')).map(plain));
      expect(commits[0]![0]!.data).toEqual({ at: '1970-01-01T00:00:00.000Z', minus: 0 });
    });
  });

  describe('on a full disk', () => {
    const fill = () => database.pragma(`max_page_count = ${database.pragma('page_count', { simple: true })}`);
    const makeRoom = () => database.pragma('max_page_count = 1000000');
    const large = { data: { text: 'x'.repeat(50_000) } };

    it('takes nothing, and says that nothing was written', async () => {
      await append('a', anEvent('1'));
      fill();
      const outcomes = await Promise.allSettled([
        append('b', anEvent('2', large)),
        append('new-type', anEvent('3', { ...large, type: 'NeverSeen' })),
        store.put(Buffer.alloc(100_000)),
      ]);
      for (const outcome of outcomes)
        expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(StoreUnavailable);
      expect(commits).toHaveLength(1);
      expect(await store.head()).toBe(1);
      expect((await store.readAll(0, 10)).events.map(({ id }) => id)).toEqual(['1']);
    });

    it('goes on when there is room again, as if nothing had been', async () => {
      await append('a', anEvent('1'));
      fill();
      const asked = () => Promise.allSettled([append('b', anEvent('2', { ...large, type: 'NeverSeen' }))]);
      expect((await asked())[0]!.status).toBe('rejected');
      clock.set('2020-01-01T00:00:00.000Z');
      makeRoom();
      expect((await asked())[0]!.status).toBe('fulfilled');
      await append('c', anEvent('3', { type: 'NeverSeen' }));
      await store.close();
      store = open();
      const { events } = await store.readAll(0, 10);
      expect(events.map(({ position, stream, revision, type, id }) => [position, stream, revision, type, id])).toEqual([
        [1, 'a', 0, 'Tested', '1'],
        [2, 'b', 0, 'NeverSeen', '2'],
        [3, 'c', 0, 'NeverSeen', '3'],
      ]);
    });
  });

  it('does not know what became of a commit that the disk failed in the middle of, and can be asked again', async () => {
    const path = folder.file('failing.sqlite');
    let failures = 1;
    const failing = new SqliteEventStore({
      path,
      clock,
      prepareDatabase: database => {
        const prepare = database.prepare.bind(database);
        const commit = prepare('COMMIT');
        const run = () => {
          if (failures-- > 0) throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' });
          return commit.run();
        };
        database.prepare = ((sql: string) => (sql === 'COMMIT' ? { run } : prepare(sql))) as typeof database.prepare;
      },
    });
    const ask = () => failing.append([{ stream: 'a', expected: 'no stream', events: [anEvent('1')] }]);
    await expect(ask()).rejects.toBeInstanceOf(OutcomeUnknown);
    expect(await failing.readStream('a')).toEqual([]);
    expect((await ask()).map(({ position }) => position)).toEqual([1]);
    await failing.close();
  });

  describe('keeps time', () => {
    const recordedAt = async (time: string, stream: string) => {
      clock.set(time);
      return (await append(stream, anEvent(stream)))[0]!.recorded;
    };

    it('by its clock, to the millisecond', async () => {
      expect(await recordedAt('2026-03-01T12:00:00.123Z', 'a')).toBe('2026-03-01T12:00:00.123Z');
    });

    it('that never falls when the clock steps back, not even over a restart', async () => {
      expect(await recordedAt('2026-03-01T12:00:00.000Z', 'a')).toBe('2026-03-01T12:00:00.000Z');
      expect(await recordedAt('2026-03-01T11:00:00.000Z', 'b')).toBe('2026-03-01T12:00:00.000Z');
      await store.close();
      store = open();
      expect(await recordedAt('2025-01-01T00:00:00.000Z', 'c')).toBe('2026-03-01T12:00:00.000Z');
      expect(await recordedAt('2026-03-01T12:00:01.000Z', 'd')).toBe('2026-03-01T12:00:01.000Z');
      expect(await store.positionAt('2026-03-01T11:59:59.999Z')).toBe(0);
      expect(await store.positionAt('2026-03-01T12:00:00.999Z')).toBe(3);
    });
  });

  describe('beside its writer', () => {
    it('is read whole, stream by stream, up to a position', async () => {
      await append('a1', anEvent('1'), anEvent('2'));
      await append('b1', anEvent('3'));
      await append('a2', anEvent('4'));
      await append('c1', anEvent('5'));
      const reference = await store.put(Buffer.from('blob'));
      const events = readEvents(folder.file('events.sqlite'));
      const head = events.head();
      await store.append([{ stream: 'a1', expected: 1, events: [anEvent('6', { type: 'NeverSeen' })] }]);
      expect(head).toEqual({ position: 5, eventId: '5', events: 5 });
      const read = (upTo: number) =>
        [...events.streams(['a', 'c'], upTo)].map(({ stream, events }) => [stream, events.map(plain)]);
      const stored = async (stream: string) => [stream, (await store.readStream(stream)).map(plain)];
      expect(read(99)).toEqual([await stored('a1'), await stored('a2'), await stored('c1')]);
      expect([...events.streams(['a', 'c'], 4)].map(({ events }) => events.map(({ id }) => id))).toEqual([
        ['1', '2'],
        ['4'],
      ]);
      expect(Buffer.from(events.blob(reference.$blob)).toString()).toBe('blob');
      events.close();
    });

    it('reads more streams than one query takes', async () => {
      const names = Array.from({ length: 250 }, (_, number) => `s-${number}`);
      await store.append(names.map(stream => ({ stream, expected: 'no stream', events: [anEvent(stream)] })));
      const events = readEvents(folder.file('events.sqlite'));
      const read = [...events.streams(['s-'], 250)];
      expect(read.map(({ stream, events }) => [stream, events.map(({ id }) => id)])).toEqual(
        names.map(name => [name, [name]]),
      );
      events.close();
    });

    it('refuses a second writer that came in between, and loses nothing', async () => {
      await append('a', anEvent('1'));
      const second = open();
      await append('b', anEvent('2'));
      const late = second.append([{ stream: 'c', expected: 'no stream', events: [anEvent('3')] }]);
      await expect(late).rejects.toBeInstanceOf(StoreUnavailable);
      await append('d', anEvent('4'));
      await second.close();
      expect((await store.readAll(0, 10)).events.map(({ id }) => id)).toEqual(['1', '2', '4']);
    });
  });

  it('finds everything that was acknowledged in the log of a process that died', async () => {
    const id = countingIds();
    await store.put(Buffer.from('blob'));
    for (let count = 0; count < 50; count++) await append(`s${count}`, anEvent(id()));
    // The files as they are on the disk now: nobody closed them.
    const copy = temporaryFolder();
    cpSync(folder.path, copy.path, { recursive: true });
    const recovered = open(copy.file('events.sqlite'));
    expect((await recovered.readAll(0, 100)).events.map(plain)).toEqual(
      (await store.readAll(0, 100)).events.map(plain),
    );
    expect(recovered.identity).toEqual(store.identity);
    await recovered.close();
    copy.remove();
  });

  it('begins a generation when a backup was put back, and remembers it', async () => {
    const { storeId } = store.identity;
    expect(store.identity).toEqual({ storeId: expect.stringMatching(/^[0-9a-f]{8}$/), generation: 1 });
    store.beginGeneration();
    await store.close();
    store = open();
    expect(store.identity).toEqual({ storeId, generation: 2 });
  });

  it('remembers the places of many streams and forgets some, and is right about all', async () => {
    const streams = Array.from({ length: 21_000 }, (_, index) => `s${index}`);
    for (let from = 0; from < streams.length; from += 3_000)
      await Promise.all(streams.slice(from, from + 3_000).map(stream => append(stream, anEvent(stream))));
    await turn();
    for (const stream of ['s0', 's1', 's20999']) {
      await expect(append(stream, anEvent('other'))).rejects.toBeInstanceOf(WrongExpectedRevision);
      await store.append([{ stream, expected: 0, events: [anEvent('next')] }]);
    }
    expect(await store.head()).toBe(21_003);
    expect(isoOf(clock.now())).toBe((await store.readStream('s0'))[0]!.recorded);
  });
});
