import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TemporaryFolder } from '#testing';
import { dyingWriter, temporaryFolder } from '#testing';
import { SqliteEventStore } from './sqlite-event-store.js';

describe('When a process that writes is killed', () => {
  let folder: TemporaryFolder;
  beforeEach(() => void (folder = temporaryFolder()));
  afterEach(() => folder.remove());

  /** Lets it write until it has told so many appends, then kills it in whatever it is at. Answers all it has told. */
  const runAndKill = async (path: string, run: string, appends: number): Promise<string[]> => {
    const child = spawn(process.execPath, [dyingWriter, path, run], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'close');
    const told: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      told.push(line);
      if (told.length === appends) child.kill('SIGKILL');
    }
    const [code, signal] = (await ended) as [number | null, string | null];
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
    return told;
  };

  /** Everything that was told must be there, and what is there must hang together. */
  const check = async (path: string, told: readonly string[]): Promise<void> => {
    const store = new SqliteEventStore({ path, clock: Date });
    for (const line of told) {
      const [what, name = '', count] = line.split(' ');
      if (what === 'blob') expect((await store.get({ $blob: name, sizeBytes: 0 })).byteLength).toBeGreaterThan(5_000);
      else expect([name, (await store.readStream(name)).length]).toEqual([name, Number(count)]);
    }
    const { events } = await store.readAll(0, Number.MAX_SAFE_INTEGER);
    expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
    // All of an append or nothing: the number of its events is in the streams' names.
    for (const [stream, inIt] of Map.groupBy(events, ({ stream }) => stream))
      expect([stream, inIt.length]).toEqual([stream, 1 + (Number(stream.split('-').at(-1)) % 3)]);
    await store.close();
    const database = new Database(path);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
  };

  it('nothing that it had acknowledged is lost, however often', async () => {
    const path = folder.file('events.sqlite');
    const told: string[] = [];
    // Sooner and later, before the log is folded into the file and after.
    for (const [run, appends] of [1, 2, 700, 40, 3, 333, 1_500, 7, 90, 1].entries()) {
      told.push(...(await runAndKill(path, `run${run}`, appends)));
      await check(path, told);
    }
    expect(told.length).toBeGreaterThan(2_600);
  }, 60_000);
});
