import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '#testing';
import type { FailingWay, PostgresOfSpecs } from '../../../tools/engines/postgres-of-specs.js';
import { failingWay, postgresOfSpecs } from '../../../tools/engines/postgres-of-specs.js';
import { openCheckpoint } from './checkpoint.js';
import { takeLock } from './lock.js';
import { asTheOnlyOne } from './only-one.js';
import { openPool } from './pool.js';

describe('Among processes that share a PostgreSQL', () => {
  let server: PostgresOfSpecs;
  let url: string;
  beforeAll(async () => {
    server = await postgresOfSpecs();
    url = await server.database();
  });
  afterAll(() => server.stop());

  const untilSomebodyWaits = async () => {
    const pool = openPool({ url, name: 'spec', connections: 1 });
    const waiting = () => pool.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
    while ((await waiting()).rowCount === 0);
    await pool.end();
  };

  /** Processes that could all do the same, and who of them does. */
  const processes = (name: string, urls: readonly string[]) => {
    const working = new Set<number>();
    let most = 0;
    const breaks: unknown[] = [];
    const duties = urls.map((url, number) =>
      asTheOnlyOne({
        database: { url, name: 'spec' },
        name,
        begin: () => ({
          start() {
            working.add(number);
            most = Math.max(most, working.size);
          },
          stop: async () => void working.delete(number),
        }),
        onBreak: error => breaks.push(error),
      }),
    );
    for (const duty of duties) duty.start();
    return { working, duties, breaks, most: () => most, stop: () => Promise.all(duties.map(duty => duty.stop())) };
  };

  it('a duty is one process’s at a time, and the next one’s when that stops', async () => {
    const { working, duties, breaks, most, stop } = processes('turns', [url, url, url]);
    const seen = new Set<number>();
    while (seen.size < 3) {
      await until(() => working.size === 1, 'somebody who works');
      const [worker] = working;
      seen.add(worker!);
      await duties[worker!]!.stop();
    }
    await stop();
    expect([working.size, most(), breaks]).toEqual([0, 1, []]);
  });

  it('duties of different names are different locks', async () => {
    const [one, two] = [processes('one', [url]), processes('two', [url])];
    await until(() => one.working.size === 1 && two.working.size === 1, 'both duties');
    await Promise.all([one.stop(), two.stop()]);
  });

  it('a duty goes over when its holder loses his way to the server, and he stops', async () => {
    const way: FailingWay = await failingWay(url);
    const first = processes('ways', [way.url]);
    await until(() => first.working.size === 1, 'the first');
    const second = processes('ways', [url]);
    way.cut();
    await until(() => second.working.size === 1, 'the second');
    await until(() => first.working.size === 0, 'the first one to stop');
    await until(() => first.breaks.length === 1, 'a word about it');
    await second.stop();
    way.mend();
    await until(() => first.working.size === 1, 'the first again');
    await first.stop();
    await way.close();
  });

  it('who does not want a lock any more does not get it', async () => {
    const database = { url, name: 'spec' };
    const held = await takeLock(database, 'held');
    const [early, late] = [new AbortController(), new AbortController()];
    const connecting = takeLock(database, 'held', early.signal);
    early.abort();
    expect(await connecting).toBeUndefined();
    const waiting = takeLock(database, 'held', late.signal);
    await untilSomebodyWaits();
    late.abort();
    expect(await waiting).toBeUndefined();
    await held!.release();
    const next = await takeLock(database, 'held');
    expect(next!.lost.aborted).toBe(false);
    await server.endSessions(url);
    await until(() => next!.lost.aborted, 'the loss');
    await next!.release();
  });

  it('a place in the events is kept for the next process, never moved back, and void in another generation', async () => {
    const pool = openPool({ url, name: 'spec', connections: 2 });
    const identity = { storeId: 'store', generation: 1 };
    const one = await openCheckpoint(pool, 'follower', identity, 7);
    const two = await openCheckpoint(pool, 'follower', { ...identity });
    const other = await openCheckpoint(pool, 'other', identity);
    expect([await one.get(), await two.get()]).toEqual([7, 0]);
    await one.set(9);
    await two.set(8);
    expect([await one.get(), await two.get(), await other.get()]).toEqual([9, 9, 0]);
    identity.generation = 2;
    expect([await one.get(), await two.get()]).toEqual([7, 9]);
    await pool.end();
  });
});
