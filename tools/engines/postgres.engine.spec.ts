import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres, stopPostgres } from './postgres.js';

describe('A PostgreSQL of one’s own', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'ferrolog-postgres-'))));
  afterEach(async () => {
    await stopPostgres(folder);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const query = async (url: string, text: string): Promise<unknown[]> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return (await client.query(text).finally(() => client.end())).rows as unknown[];
  };
  const pid = () => Number(readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n')[0]);

  it('is started once, durable, on loopback, and not by root', async () => {
    const { url } = await startPostgres({ folder });
    const first = pid();
    expect(await startPostgres({ folder })).toMatchObject({ url });
    expect(pid()).toBe(first);
    expect(new URL(url).hostname).toBe('127.0.0.1');
    const [settings] = await query(
      url,
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync,
              current_setting('full_page_writes') AS pages, current_setting('listen_addresses') AS listens,
              current_setting('server_version_num')::int / 10000 AS version`,
    );
    expect(settings).toEqual({ fsync: 'on', sync: 'on', pages: 'on', listens: '127.0.0.1', version: 18 });
    expect(statSync(`/proc/${first}`).uid).not.toBe(0);
    expect(statSync(join(folder, 'password')).mode & 0o077).toBe(0);
  }, 60_000);

  it('finds what was committed when it is stopped, and when it ended in a crash', async () => {
    const server = await startPostgres({ folder });
    await query(server.url, 'CREATE TABLE kept AS SELECT 1 AS value');
    await server.stop();
    await server.stop();
    expect(existsSync(join(folder, 'data/postmaster.pid'))).toBe(false);
    const again = await startPostgres({ folder });
    await query(again.url, 'INSERT INTO kept VALUES (2)');
    const crashed = pid();
    // PostgreSQL's immediate shutdown: nothing is written any more, and the next start recovers from the log.
    process.kill(crashed, 'SIGQUIT');
    while (existsSync(`/proc/${crashed}`)) await new Promise(setImmediate);
    const recovered = await startPostgres({ folder });
    expect(await query(recovered.url, 'SELECT value FROM kept ORDER BY value')).toEqual([{ value: 1 }, { value: 2 }]);
  }, 60_000);
});
