import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import type { TemporaryFolder } from '#testing';
import { anEvent, asNobody, temporaryFolder } from '#testing';
import { StoreCannotBeOpened } from './database.js';
import { SqliteEventStore } from './sqlite-event-store.js';

describe('The file of the SQLite event store', () => {
  let folder: TemporaryFolder;
  let path: string;
  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.file('events.sqlite');
  });
  afterEach(() => folder.remove());

  const open = () => new SqliteEventStore({ path, clock: Date });
  const openAndClose = async (count = 1) => {
    const store = open();
    const events = Array.from({ length: count }, (_, index) =>
      anEvent(`e${index}`, { data: { text: 'x'.repeat(400) } }),
    );
    await store.append([{ stream: 'a', expected: 'no stream', events }]);
    await store.close();
  };
  const refusal = (): string => {
    try {
      open();
    } catch (error) {
      expect(error).toBeInstanceOf(StoreCannotBeOpened);
      return (error as Error).message;
    }
    throw new Error('the file was opened');
  };

  it('is made where it is missing, whole or not at all', async () => {
    writeFileSync(path, '');
    await openAndClose();
    const store = open();
    expect(await store.head()).toBe(1);
    await store.close();
  });

  it('is refused when it is no database', () => {
    writeFileSync(path, 'This is a shopping list. '.repeat(100));
    expect(refusal()).toBe(
      `${path} cannot be opened: it is no SQLite database, or it is damaged. Put a backup in its place.`,
    );
  });

  it('is refused when it is the database of something else, and left as it is', () => {
    const other = new Database(path);
    other.exec('CREATE TABLE recipes (name TEXT)');
    other.close();
    const before = readFileSync(path);
    expect(refusal()).toBe(`${path} is an SQLite database, but not an event store of Ferrolog.`);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused when a newer version wrote it, and left as it is', async () => {
    await openAndClose();
    const newer = new Database(path);
    newer.pragma('user_version = 7');
    newer.close();
    const before = readFileSync(path);
    expect(refusal()).toBe(
      `${path} was written by a newer Ferrolog (data format 7, this version reads up to 1). Start that version again.`,
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused when its end is missing', async () => {
    await openAndClose(100);
    truncateSync(path, 4_096);
    expect(refusal()).toMatch(/it is damaged|malformed/);
  });

  it('is refused when it may not be written to', async () => {
    await openAndClose();
    chmodSync(folder.path, 0o555);
    chmodSync(path, 0o444);
    expect(asNobody(refusal)).toMatch(/(it may not be written to|its folder is missing or may not be written to)\.$/);
    chmodSync(folder.path, 0o755);
  });

  it('is refused when its folder is missing, or when it is a folder', () => {
    path = folder.file('missing/events.sqlite');
    expect(refusal()).toMatch(/^.*: its folder is missing or may not be written to\.$/);
    path = folder.file('folder');
    mkdirSync(path);
    expect(refusal()).toMatch(/cannot be opened: its folder is missing or may not be written to\.$/);
  });
});
