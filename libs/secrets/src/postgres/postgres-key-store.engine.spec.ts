import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import pg from 'pg';
import { StoreUnavailable } from '#domain';
import { turn } from '#testing';
import type { Postgres } from '../../../../tools/engines/postgres.js';
import { startPostgres } from '../../../../tools/engines/postgres.js';
import type { PostgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { failingWay, postgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { keyStoreContract } from '../contract.js';
import { PostgresKeyStore } from './postgres-key-store.js';
import { KeyStoreCannotBeOpened, WrongMasterKey } from '../sqlite-key-store.js';

const master = Buffer.alloc(32, 1);

let postgres: PostgresOfSpecs;
beforeAll(async () => void (postgres = await postgresOfSpecs()), 60_000);
afterAll(() => postgres.stop(), 60_000);

keyStoreContract('The PostgreSQL key store', async () => {
  const url = await postgres.database();
  const open = () => PostgresKeyStore.open({ url, master });
  let keys = await open();
  return {
    keys,
    reopen: async () => {
      await keys.close();
      return (keys = await open());
    },
    dispose: () => keys.close(),
  };
});

describe('The PostgreSQL key store', () => {
  let url: string;
  let keys: PostgresKeyStore;
  let admin: pg.Client;
  const opened: PostgresKeyStore[] = [];
  const open = async (at = url, key: Uint8Array = master) => {
    const made = await PostgresKeyStore.open({ url: at, master: key });
    opened.push(made);
    return made;
  };
  beforeEach(async () => {
    url = await postgres.database();
    keys = await open();
    admin = new pg.Client({ connectionString: url });
    await admin.connect();
  }, 30_000);
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(each => each.close()));
    await admin.end();
  }, 30_000);
  const refusal = async (at = url, key: Uint8Array = master): Promise<Error> => {
    const error: unknown = await open(at, key).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KeyStoreCannotBeOpened);
    return error as Error;
  };

  it('makes the keys that are asked for in one turn in one transaction', async () => {
    await Promise.all(['a', 'b', 'c'].map(subject => keys.obtain(subject)));
    const { rows } = await admin.query(
      `SELECT count(DISTINCT xmin::text)::int AS n FROM ferrolog_keys.data_keys WHERE subject IN ('a', 'b', 'c')`,
    );
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('gives the same keys to processes that ask at once', async () => {
    const stores = [keys, await open(), await open()];
    const subjects = Array.from({ length: 100 }, (_, index) => `node/${index}/0`);
    const answers = await Promise.all(
      stores.map((each, index) =>
        Promise.all(
          (index % 2 ? subjects : subjects.toReversed()).map(
            async subject => [subject, await each.obtain(subject)] as const,
          ),
        ),
      ),
    );
    const ids = new Set(answers.flat().map(([subject, { keyId }]) => `${subject} ${keyId}`));
    expect(ids.size).toBe(100);
  });

  it('gives out no key that another process erased', async () => {
    const other = await open();
    const { keyId } = await keys.obtain('a');
    expect((await other.find(keyId))?.keyId).toBe(keyId);
    await keys.erase('a');
    while (await other.find(keyId)) await turn();
    expect((await other.obtain('a')).keyId).not.toBe(keyId);
  });

  it('trusts nothing that it remembers while it does not hear of what others erase', async () => {
    const way = await failingWay(url);
    const other = await open(way.url);
    const { keyId } = await other.obtain('a');
    way.cut();
    await expect(other.obtain('b')).rejects.toBeInstanceOf(StoreUnavailable);
    await keys.erase('a');
    await expect(other.find(keyId)).rejects.toBeInstanceOf(StoreUnavailable);
    way.mend();
    expect(await other.find(keyId)).toBeUndefined();
    await other.close();
    await way.close();
  }, 30_000);

  it('keeps the key that it made when the answer was lost', async () => {
    const way = await failingWay(url);
    const other = await open(way.url);
    way.loseAnswerTo('INSERT INTO ferrolog_keys.data_keys');
    const { keyId } = await other.obtain('a');
    expect((await keys.obtain('a')).keyId).toBe(keyId);
    await other.close();
    await way.close();
  });

  it('refuses another master key', async () => {
    expect(await refusal(url, Buffer.alloc(32, 2))).toBeInstanceOf(WrongMasterKey);
  });

  it('refuses a key that was moved to another subject', async () => {
    await keys.obtain('a');
    await admin.query(`UPDATE ferrolog_keys.data_keys SET subject = 'c' WHERE subject = 'a'`);
    await expect(keys.obtain('c')).rejects.toThrow('it was sealed under another key, or was changed since');
    expect((await keys.obtain('b')).secret.length).toBe(32);
  });

  it('refuses what a newer Ferrolog wrote, and says no password', async () => {
    await admin.query('INSERT INTO ferrolog_keys.migrations (version) VALUES (99)');
    expect((await refusal()).message).toContain('was written by a newer Ferrolog');
    const password = 'hunter2-s3cret';
    for (const change of [{}, { port: '1' }]) {
      const error = await refusal(Object.assign(new URL(url), { password }, change).href);
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(password);
    }
  });

  it('remembers up to where keys were erased', async () => {
    expect(await keys.checkpoint.get()).toBe(0);
    await keys.checkpoint.set(17);
    await keys.checkpoint.set(42);
    expect(await (await open()).checkpoint.get()).toBe(42);
  });

  it('serves more keys than it keeps in memory', async () => {
    const subjects = Array.from({ length: 6_000 }, (_, index) => `node/${index}/0`);
    const made = await Promise.all(subjects.map(subject => keys.obtain(subject)));
    for (const index of [0, 1, 4_999, 5_999]) {
      expect((await keys.obtain(subjects[index]!)).keyId).toBe(made[index]!.keyId);
      expect((await keys.find(made[index]!.keyId))?.keyId).toBe(made[index]!.keyId);
    }
  }, 30_000);

  describe('on a server of its own', () => {
    let folder: string;
    let server: Postgres;
    let own: PostgresKeyStore;
    const ownMaster = randomBytes(32);
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'ferrolog-keys-'));
      server = await startPostgres({ folder });
      own = await PostgresKeyStore.open({ url: server.url, master: ownMaster });
    }, 60_000);
    afterEach(async () => {
      await own.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }, 60_000);

    const query = async (text: string): Promise<unknown[]> => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      const { rows } = await client.query(text).finally(() => client.end());
      return rows;
    };
    /** Which of these stand in any file of the server: tables, indexes, its log. */
    const inFiles = (...secrets: readonly Buffer[]): boolean[] => {
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name));
      const contents = files.filter(file => statSync(file).isFile()).map(file => readFileSync(file));
      return secrets.map(secret => contents.some(content => content.includes(secret)));
    };

    it('has no key in plain text in any file, before it is erased and after', async () => {
      const made = await Promise.all(['a', 'b'].map(subject => own.obtain(subject)));
      const plain = made.map(({ secret }) => Buffer.from(secret));
      const texts = plain.flatMap(secret => [secret.toString('hex'), secret.toString('base64').slice(0, 40)]);
      const secrets = [...plain, ...texts.map(text => Buffer.from(text)), ownMaster];
      const rows = await query(`SELECT wrapped FROM ferrolog_keys.data_keys WHERE subject = 'a'`);
      await query('CHECKPOINT');
      expect(inFiles((rows as [{ wrapped: Buffer }])[0].wrapped)).toEqual([true]);
      expect(inFiles(...secrets)).toEqual(secrets.map(() => false));
      await own.erase('a');
      await query('CHECKPOINT');
      expect(inFiles(...secrets)).toEqual(secrets.map(() => false));
      expect(await own.find(made[0]!.keyId)).toBeUndefined();
    }, 60_000);
  });
});
