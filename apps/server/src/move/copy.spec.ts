import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '#domain';
import type { ImportTarget, StoredRow } from '#event-store/kurrentdb';
import type { StoredRows } from '#event-store/sqlite';
import { openStoredRows, SqliteEventStore } from '#event-store/sqlite';
import type { TemporaryFolder } from '#testing';
import { anEvent, temporaryFolder } from '#testing';
import { compareBlobs, compareEvents } from './compare.js';
import { copyBlobs, copyEvents } from './copy.js';

describe('A copy of all events', () => {
  let folder: TemporaryFolder;
  let source: StoredRows;
  beforeEach(async () => {
    folder = temporaryFolder();
    const path = folder.file('events.sqlite');
    const store = new SqliteEventStore({ path, clock: Date });
    await Promise.all(['one', 'two', 'three'].map(text => store.put(Buffer.from(text))));
    // More than is copied at once.
    for (let index = 0; index < 1_234; index++)
      await store.append([{ stream: `s-${index}`, expected: 'no stream', events: [anEvent(`e-${index}`)] }]);
    await store.close();
    source = openStoredRows(path);
  });
  afterEach(() => {
    source.close();
    folder.remove();
  });

  /** Takes events in memory, until it fails: at the call that is due, before it has done it or in the middle. */
  const aTarget = () => {
    const blobs = new Map<string, Uint8Array>();
    const rows: StoredRow[] = [];
    const calls: string[] = [];
    let callsLeft = Infinity;
    let isHalfDone = false;
    const call = (name: string, whole: () => void, half: () => void) => {
      calls.push(name);
      if (callsLeft-- > 0) return whole();
      if (isHalfDone) half();
      throw new StoreUnavailable('killed');
    };
    const target = {
      newest: () => Promise.resolve(rows.at(-1)),
      putBlob: async (content: Uint8Array) => {
        const put = () => void blobs.set(String(blobs.size), content);
        call('blob', put, put);
      },
      append: async (more: readonly StoredRow[]) => {
        const take = (some: readonly StoredRow[]) => void rows.push(...some);
        call(
          'append',
          () => take(more),
          () => take(more.slice(0, more.length / 2)),
        );
      },
      after: (position: number, limit: number) => Promise.resolve(rows.slice(position, position + limit)),
      blob: (hash: string) => Promise.resolve(source.blob(hash)),
    } as unknown as ImportTarget;
    return {
      target,
      rows,
      calls,
      failAfter(calls: number, half: boolean) {
        callsLeft = calls;
        isHalfDone = half;
      },
    };
  };
  const nothing = () => undefined;
  const copy = (target: ImportTarget) => copyEvents(source, target, nothing, () => copyBlobs(source, target, nothing));

  it('begins with the blobs, tells how far it is, and is the same', async () => {
    const { target, calls } = aTarget();
    const told: unknown[] = [];
    const progress = (...args: unknown[]) => void told.push(args);
    expect(await copyEvents(source, target, progress, () => copyBlobs(source, target, progress))).toBe(1_234);
    expect(calls).toEqual(['blob', 'blob', 'blob', 'append', 'append', 'append']);
    expect(told).toContainEqual(['blobs', 3, 3]);
    expect(told.at(-1)).toEqual(['events', 1_234, 1_234]);
    expect(await compareEvents(source, target, nothing, false)).toMatchObject({ events: 1_234, since: 0 });
    expect(await compareBlobs(source, target)).toBe(3);
  });

  it('goes on wherever it ended, and copies nothing twice', async () => {
    for (const half of [false, true])
      for (let calls = 0; calls < 6; calls++) {
        const { target, rows, failAfter } = aTarget();
        failAfter(calls, half);
        await expect(copy(target)).rejects.toThrow('killed');
        const there = rows.length;
        failAfter(Infinity, false);
        expect(await copy(target)).toBe(1_234 - there);
        expect(await copy(target)).toBe(0);
        expect(await compareEvents(source, target, nothing, false)).toMatchObject({ events: 1_234 });
      }
  });

  it('is not made where the newest event is of somebody else', async () => {
    const { target, rows } = aTarget();
    rows.push({ ...source.after(0, 1)[0]!, id: 'foreign' });
    await expect(copy(target)).rejects.toThrow('does not hold event 0 of the stream s-0');
  });

  it('is told apart from one that lacks an event, has one more, or another in its place', async () => {
    const { target, rows } = aTarget();
    await copy(target);
    const { digest } = await compareEvents(source, target, nothing, false);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const last = rows.pop()!;
    const compared = (mayHaveGoneOn: boolean) => compareEvents(source, target, nothing, mayHaveGoneOn);
    await expect(compared(true)).rejects.toThrow('in the place of event 0 of the stream s-1233 it has nothing');
    rows.push({ ...last, metadata: '{}' });
    await expect(compared(true)).rejects.toThrow('event 0 of the stream s-1233 differs');
    rows.splice(-1, 1, last, { ...last, position: 1_235, stream: 'later' });
    await expect(compared(false)).rejects.toThrow('in the place of nothing it has event 0 of the stream later');
    expect(await compared(true)).toMatchObject({ events: 1_234, since: 1, digest });
  });
});
