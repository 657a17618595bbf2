import { beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { closeSync, mkdtempSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDatabases } from './check-databases.js';

describe('checkDatabases', () => {
  let folder: string;
  let file: string;
  let pageBytes: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ferrolog-databases-'));
    file = join(folder, 'events.sqlite');
    const database = new Database(file);
    database.exec('CREATE TABLE events (data TEXT)');
    const insert = database.prepare('INSERT INTO events VALUES (?)');
    database.transaction(() => {
      for (let number = 0; number < 500; number++) insert.run(`${number}`.repeat(50));
    })();
    pageBytes = database.pragma('page_size', { simple: true }) as number;
    database.close();
  });

  it('finds nothing wrong with what is sound, and looks at databases only', () => {
    writeFileSync(join(folder, 'master.key'), 'key');
    expect(checkDatabases(folder)).toEqual([{ file }]);
  });

  it('finds damage in the middle', () => {
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(pageBytes, 0xa5), 0, pageBytes, 3 * pageBytes);
    closeSync(handle);
    expect(checkDatabases(folder)).toEqual([{ file, fault: expect.stringMatching(/page|malformed/i) }]);
  });

  it('finds what is no database at all', () => {
    const none = join(folder, 'keys.sqlite');
    writeFileSync(none, 'x'.repeat(5000));
    expect(checkDatabases(folder)).toEqual([{ file }, { file: none, fault: 'file is not a database' }]);
  });
});
