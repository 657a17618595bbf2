import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreUnavailable } from '#domain';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder } from '#testing';
import { keyStoreContract } from './contract.js';
import { KeyStoreCannotBeOpened, SqliteKeyStore, WrongMasterKey } from './sqlite-key-store.js';

const master = Buffer.alloc(32, 1);

keyStoreContract('The SQLite key store', async () => {
  const folder = temporaryFolder();
  const open = () => new SqliteKeyStore(folder.file('keys.sqlite'), master);
  let keys = open();
  return {
    keys,
    reopen: async () => {
      await keys.close();
      return (keys = open());
    },
    dispose: async () => {
      await keys.close();
      folder.remove();
    },
  };
});

describe('The SQLite key store', () => {
  let folder: TemporaryFolder;
  let path: string;
  let keys: SqliteKeyStore;
  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.file('keys.sqlite');
    keys = new SqliteKeyStore(path, master);
  });
  afterEach(async () => {
    await keys.close();
    folder.remove();
  });

  /** All that is on the disk, the log too. */
  const bytes = (from = folder.path) => Buffer.concat(readdirSync(from).map(file => readFileSync(join(from, file))));
  const wrappedKeyOf = (subject: string): Buffer => {
    const database = new Database(path, { readonly: true });
    const wrapped = database.prepare('SELECT wrapped FROM data_keys WHERE subject = ?').pluck().get(subject) as Buffer;
    database.close();
    return wrapped;
  };
  const refusal = (key: Uint8Array = master): Error => {
    try {
      void new SqliteKeyStore(path, key).close();
    } catch (error) {
      return error as Error;
    }
    throw new Error('it was opened');
  };

  it('makes the keys that are asked for in one turn in one commit', async () => {
    const writes = new Database(path, { readonly: true });
    const version = () => writes.pragma('data_version', { simple: true }) as number;
    const before = version();
    const first = keys.obtain('a');
    const second = keys.obtain('b');
    expect(version()).toBe(before);
    await Promise.all([first, second]);
    expect(version()).toBe(before + 1);
    expect(writes.prepare('SELECT count(*) FROM data_keys').pluck().get()).toBe(3);
    writes.close();
  });

  it('keeps keys wrapped: none is on the disk as it is', async () => {
    const { secret } = await keys.obtain('a');
    expect(bytes().includes(wrappedKeyOf('a'))).toBe(true);
    expect(bytes().includes(Buffer.from(secret))).toBe(false);
    expect(bytes().includes(Buffer.from(secret).toString('base64').slice(0, 40))).toBe(false);
    expect(bytes().includes(master)).toBe(false);
  });

  it('leaves not a byte of an erased key in its files', async () => {
    const subjects = Array.from({ length: 200 }, (_, index) => `node/${index}/0`);
    await Promise.all(subjects.map(subject => keys.obtain(subject)));
    const wrapped = subjects.map(wrappedKeyOf);
    for (const subject of subjects.slice(0, 100)) await keys.erase(subject);
    const left = bytes();
    expect(wrapped.map(key => left.includes(key.subarray(12, 44)))).toEqual(subjects.map((_, index) => index >= 100));
  });

  it('leaves none either when the process died before its log was folded in', async () => {
    await keys.obtain('a');
    const wrapped = wrappedKeyOf('a');
    const died = new Database(path);
    died.pragma('secure_delete = ON');
    died.prepare(`DELETE FROM data_keys WHERE subject = 'a'`).run();
    const copy = temporaryFolder();
    cpSync(folder.path, copy.path, { recursive: true });
    died.close();
    expect(bytes(copy.path).includes(wrapped.subarray(12, 44))).toBe(true);
    const next = new SqliteKeyStore(copy.file('keys.sqlite'), master);
    expect(bytes(copy.path).includes(wrapped.subarray(12, 44))).toBe(false);
    await next.close();
    copy.remove();
  });

  it('never gives out a key that did not reach the disk', async () => {
    const fault = new Database(path);
    fault.exec(
      `CREATE TRIGGER fault BEFORE INSERT ON data_keys WHEN NEW.subject = 'b' BEGIN SELECT RAISE(ABORT, 'fault'); END`,
    );
    const refused = await Promise.allSettled([keys.obtain('a'), keys.obtain('b')]);
    for (const outcome of refused) expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(StoreUnavailable);
    fault.exec('DROP TRIGGER fault');
    fault.close();
    const { keyId } = await keys.obtain('a');
    await keys.close();
    keys = new SqliteKeyStore(path, master);
    expect((await keys.find(keyId))?.keyId).toBe(keyId);
  });

  it('is for its owner only, the log too', async () => {
    await keys.obtain('a');
    const modes = readdirSync(folder.path).map(file => statSync(folder.file(file)).mode & 0o777);
    expect(modes.length).toBeGreaterThan(1);
    expect(new Set(modes)).toEqual(new Set([0o600]));
  });

  it('refuses another master key', async () => {
    await keys.obtain('a');
    await keys.close();
    const error = refusal(Buffer.alloc(32, 2));
    expect(error).toBeInstanceOf(WrongMasterKey);
    expect(error.message).toBe(`${path} was written under another master key: put that one back.`);
    keys = new SqliteKeyStore(path, master);
  });

  it('refuses a file that is none of its own', async () => {
    path = folder.file('other.sqlite');
    writeFileSync(path, 'garbage '.repeat(1_000));
    expect(refusal().message).toMatch('it is no SQLite database, or it is damaged. Put a backup in its place.');

    path = folder.file('recipes.sqlite');
    const recipes = new Database(path);
    recipes.exec('CREATE TABLE recipes (name TEXT)');
    recipes.close();
    expect(refusal().message).toBe(`${path} is an SQLite database, but not a key store of Ferrolog.`);

    path = folder.file('newer.sqlite');
    await new SqliteKeyStore(path, master).close();
    const newer = new Database(path);
    newer.pragma('user_version = 2');
    newer.close();
    expect(refusal().message).toBe(`${path} was written by a newer Ferrolog. Start that version again.`);

    path = folder.file('missing/keys.sqlite');
    expect(refusal()).toBeInstanceOf(KeyStoreCannotBeOpened);
  });

  it('refuses a key that was moved to another subject', async () => {
    await keys.obtain('a');
    await keys.obtain('b');
    await keys.close();
    const forged = new Database(path);
    forged.prepare(`UPDATE data_keys SET subject = 'c' WHERE subject = 'a'`).run();
    forged.close();
    keys = new SqliteKeyStore(path, master);
    await expect(keys.obtain('c')).rejects.toThrow('it was sealed under another key, or was changed since');
    expect((await keys.obtain('b')).secret.length).toBe(32);
  });

  it('remembers up to where keys were erased', async () => {
    expect(keys.checkpoint.get()).toBe(0);
    keys.checkpoint.set(17);
    keys.checkpoint.set(42);
    await keys.close();
    keys = new SqliteKeyStore(path, master);
    expect(keys.checkpoint.get()).toBe(42);
  });

  it('serves more keys than it keeps in memory', async () => {
    const subjects = Array.from({ length: 6_000 }, (_, index) => `node/${index}/0`);
    const made = await Promise.all(subjects.map(subject => keys.obtain(subject)));
    for (const index of [0, 1, 4_999, 5_999]) {
      expect((await keys.obtain(subjects[index]!)).keyId).toBe(made[index]!.keyId);
      expect((await keys.find(made[index]!.keyId))?.keyId).toBe(made[index]!.keyId);
    }
  });
});
