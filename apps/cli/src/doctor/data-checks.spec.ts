import { beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkData } from './data-checks.js';

describe('doctor --data', () => {
  let folder: string;
  const faults = async () =>
    (await checkData(folder, {}))
      .filter(({ level, check }) => level !== 'OK' && check !== 'disk')
      .map(({ level, check }) => `${level} ${check}`);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ferrolog-doctor-'));
    const database = new Database(join(folder, 'events.sqlite'));
    database.exec('CREATE TABLE events (data TEXT)');
    const insert = database.prepare('INSERT INTO events VALUES (?)');
    for (let number = 0; number < 500; number++) insert.run(`${number}`.repeat(50));
    database.close();
    writeFileSync(join(folder, 'master.key'), 'key', { mode: 0o600 });
  });

  it('finds nothing wrong with a sound folder', async () => {
    expect(await faults()).toEqual([]);
  });

  it('finds a database that is damaged in the middle', async () => {
    const file = join(folder, 'events.sqlite');
    const database = new Database(file);
    const page = database.pragma('page_size', { simple: true }) as number;
    database.close();
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(page, 0xa5), 0, page, 3 * page);
    closeSync(handle);
    expect(await faults()).toEqual(['FAIL database']);
  });

  it('finds what is no database at all', async () => {
    writeFileSync(join(folder, 'keys.sqlite'), 'x'.repeat(5000));
    expect(await faults()).toEqual(['FAIL database']);
  });

  it('finds a key that is gone, and what others can read', async () => {
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'master.key'), 0o644);
    expect(await faults()).toEqual(['WARN data folder', 'FAIL master key']);
    rmSync(join(folder, 'master.key'));
    expect(await faults()).toEqual(['WARN data folder', 'FAIL master key']);
  });

  it('finds a folder that is none, or of something else', async () => {
    rmSync(join(folder, 'events.sqlite'));
    expect(await faults()).toEqual(['FAIL data folder']);
    rmSync(folder, { recursive: true });
    expect(await faults()).toEqual(['FAIL data folder']);
  });
});
