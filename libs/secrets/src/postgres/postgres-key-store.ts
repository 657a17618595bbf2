import type { DataKey, KeyStore } from '#domain';
import { StoreUnavailable } from '#domain';
import type { Pool, Query } from '#postgres';
import { ask, DatabaseUnusable, explained, Listener, migrate, openPool } from '#postgres';
import { NotAuthentic } from '../cipher.js';
import { KeyStoreCannotBeOpened, WrongMasterKey } from '../sqlite-key-store.js';
import type { KeyRow, SubjectKey } from '../subject-key.js';
import { MASTER_KEY_CHECK, newKey, unwrapped, wrapped } from '../subject-key.js';

const SCHEMA = 'ferrolog_keys';
/** Told when keys were erased: other processes forget what they remember. */
const CHANNEL = 'ferrolog_keys';
const REMEMBERED_KEYS = 5_000;

const migrations = [
  `
  CREATE TABLE ${SCHEMA}.data_keys (
    id text COLLATE "C" PRIMARY KEY,
    subject text COLLATE "C" NOT NULL UNIQUE,
    wrapped bytea NOT NULL
  );
  CREATE TABLE ${SCHEMA}.erased_up_to (position bigint NOT NULL);
  INSERT INTO ${SCHEMA}.erased_up_to VALUES (0);
  `,
];

const sql = {
  bySubject: `SELECT id, subject, wrapped FROM ${SCHEMA}.data_keys WHERE subject = ANY ($1::text[])`,
  byId: `SELECT id, subject, wrapped FROM ${SCHEMA}.data_keys WHERE id = $1`,
  insert: `
    INSERT INTO ${SCHEMA}.data_keys (id, subject, wrapped)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[]) ON CONFLICT (subject) DO NOTHING`,
  all: `SELECT id, subject, wrapped FROM ${SCHEMA}.data_keys WHERE subject <> $1`,
  import: `
    INSERT INTO ${SCHEMA}.data_keys (id, subject, wrapped)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[]) ON CONFLICT (id) DO NOTHING`,
  erase: `
    WITH erased AS (DELETE FROM ${SCHEMA}.data_keys WHERE subject = $1 RETURNING id)
    SELECT pg_notify('${CHANNEL}', '') FROM erased`,
  erasedUpTo: `SELECT position FROM ${SCHEMA}.erased_up_to`,
  setErasedUpTo: `UPDATE ${SCHEMA}.erased_up_to SET position = $1`,
};

/**
 * Data keys in a schema of their own, each wrapped by the master key, which the server never sees: so it has no key in
 * plain text, in its tables as little as in its log or its backups. An erased key is deleted, wrapped as it was; the
 * server writes over it in its own time, and backups keep it. Who wants to be sure of those keeps the master key apart.
 *
 * Keys that are asked for in one turn of the event loop share a statement. What is remembered of them is trusted only
 * as long as the server tells what others erase.
 */
export class PostgresKeyStore implements KeyStore {
  readonly #byId = new Map<string, SubjectKey>();
  readonly #bySubject = new Map<string, SubjectKey>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #listener: Listener;
  #wanted = new Map<string, PromiseWithResolvers<DataKey>>();
  /** Counts what made us forget: an answer that was on its way meanwhile is not remembered. */
  #forgotten = 0;
  #closing: Promise<void> | undefined;

  /** @throws KeyStoreCannotBeOpened · WrongMasterKey */
  static async open({ url, master }: { url: string; master: Uint8Array }): Promise<PostgresKeyStore> {
    const pool = poolFor(url);
    let keys: PostgresKeyStore | undefined;
    try {
      await migrate(pool, SCHEMA, migrations);
      keys = new PostgresKeyStore(pool, url, master);
      // Before anything is sealed under a wrong one.
      await keys.obtain(MASTER_KEY_CHECK);
      return keys;
    } catch (cause) {
      await (keys ? keys.close() : pool.end());
      if (cause instanceof NotAuthentic)
        throw new WrongMasterKey(`The keys in PostgreSQL were written under another master key: put that one back.`, {
          cause,
        });
      const reason = cause instanceof DatabaseUnusable ? cause.message : `${(cause as Error).message}.`;
      throw new KeyStoreCannotBeOpened(`The key store cannot be opened. ${reason}`, { cause });
    }
  }

  private constructor(
    private readonly pool: Pool,
    url: string,
    private readonly master: Uint8Array,
  ) {
    this.#listener = new Listener({ url, name: 'ferrolog keys: listener' }, CHANNEL, () => this.#forget());
  }

  obtain(subject: string): Promise<DataKey> {
    return this.#do(() => {
      const known = this.#remembered(this.#bySubject, subject);
      if (known) return Promise.resolve(known);
      const wanted = this.#wanted.get(subject) ?? Promise.withResolvers<DataKey>();
      if (this.#wanted.size === 0) setImmediate(() => void this.#make());
      this.#wanted.set(subject, wanted);
      return wanted.promise;
    });
  }

  find(keyId: string): Promise<DataKey | undefined> {
    return this.#do(async () => {
      const known = this.#remembered(this.#byId, keyId);
      if (known) return known;
      const [key] = await this.#load({ text: sql.byId, values: [keyId] });
      return key;
    });
  }

  erase(subject: string): Promise<void> {
    return this.#do(async () => {
      await this.#ask({ text: sql.erase, values: [subject] });
      this.#forget();
    });
  }

  /** All keys, wrapped as they are. */
  rows(): Promise<KeyRow[]> {
    return this.#do(() => this.#ask<KeyRow>({ text: sql.all, values: [MASTER_KEY_CHECK] }));
  }

  /**
   * Takes over keys that another store had wrapped by the same master key. Those that are here already do no harm.
   *
   * @throws StoreUnavailable also where there is another key of the same subject
   */
  importRows(rows: readonly KeyRow[]): Promise<void> {
    const columns = [
      rows.map(({ id }) => id),
      rows.map(({ subject }) => subject),
      rows.map(({ wrapped }) => Buffer.from(wrapped)),
    ];
    return this.#do(async () => void (await this.#ask({ text: sql.import, values: columns })));
  }

  /** Position of the last event whose keys were erased. */
  readonly checkpoint = {
    get: (): Promise<number> =>
      this.#do(async () => (await this.#ask<{ position: number }>({ text: sql.erasedUpTo }))[0]!.position),
    set: (position: number): Promise<void> =>
      this.#do(async () => void (await this.#ask({ text: sql.setErasedUpTo, values: [position] }))),
  };

  /** Answers what was asked for before; then everything is refused with StoreUnavailable. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#listener.close();
    await this.pool.end();
    this.#forget();
  }

  async #do<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new StoreUnavailable('the key store is closed');
    const doing = operation();
    this.#underWay.add(doing);
    return doing.finally(() => this.#underWay.delete(doing));
  }

  async #make(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = new Map();
    try {
      const keys = await this.#obtainAll([...wanted.keys()]);
      for (const [subject, { resolve }] of wanted) resolve(keys.get(subject)!);
    } catch (error) {
      for (const { reject } of wanted.values()) reject(error);
    }
  }

  /** Whoever is first makes the key, in whichever process: the others find it. */
  async #obtainAll(subjects: readonly string[]): Promise<Map<string, SubjectKey>> {
    const keys = new Map<string, SubjectKey>();
    for (;;) {
      const missing = subjects.filter(subject => !keys.has(subject));
      if (missing.length === 0) return keys;
      for (const key of await this.#load({ text: sql.bySubject, values: [missing] })) keys.set(key.subject, key);
      // In one order for all, so that no two wait for each other.
      const made = missing
        .filter(subject => !keys.has(subject))
        .sort()
        .map(newKey);
      if (made.length === 0) return keys;
      const columns = [
        made.map(({ keyId }) => keyId),
        made.map(({ subject }) => subject),
        made.map(key => wrapped(this.master, key)),
      ];
      // Known only when they are read back: what is sealed under a key that is lost is lost.
      await this.#ask({ text: sql.insert, values: columns });
    }
  }

  async #load(query: Query): Promise<SubjectKey[]> {
    const forgotten = this.#forgotten;
    const keys = (await this.#ask<KeyRow>(query)).map(row => unwrapped(this.master, row));
    if (forgotten === this.#forgotten) for (const key of keys) this.#remember(key);
    return keys;
  }

  #remembered(keys: ReadonlyMap<string, SubjectKey>, name: string): SubjectKey | undefined {
    return this.#listener.isListening ? keys.get(name) : undefined;
  }

  #remember(key: SubjectKey): void {
    if (!this.#listener.isListening) return;
    if (this.#byId.size >= REMEMBERED_KEYS) {
      this.#byId.clear();
      this.#bySubject.clear();
    }
    this.#byId.set(key.keyId, key);
    this.#bySubject.set(key.subject, key);
  }

  #forget(): void {
    this.#forgotten++;
    this.#byId.clear();
    this.#bySubject.clear();
  }

  async #ask<T>(query: Query): Promise<T[]> {
    try {
      return await ask<T>(this.pool, query, () => false);
    } catch (cause) {
      throw new StoreUnavailable(`the key store does not answer: ${explained(cause)}`, { cause });
    }
  }
}

const poolFor = (url: string): Pool => {
  try {
    return openPool({ url, name: 'ferrolog keys', connections: 3 });
  } catch (error) {
    throw new KeyStoreCannotBeOpened(`The key store cannot be opened: ${(error as Error).message}.`);
  }
};
