import Database from 'better-sqlite3';
import { randomBytes } from 'node:crypto';
import type { DataKey, KeyStore } from '#domain';
import { decrypt, encrypt } from './cipher.js';

const REMEMBERED_KEYS = 5_000;

/** The file is of another master key. */
export class WrongMasterKey extends Error {}

/**
 * Data keys in an SQLite file of their own, each wrapped by the master key. Keys that are asked for in one turn of the
 * event loop share a commit.
 */
export class SqliteKeyStore implements KeyStore {
  readonly #database: Database.Database;
  readonly #master: Uint8Array;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #known = new Map<string, DataKey>();
  #bySubject = new Map<string, DataKey>();
  #wanted = new Map<string, { promise: Promise<DataKey>; resolve(key: DataKey): void; reject(error: unknown): void }>();

  constructor(path: string, master: Uint8Array) {
    this.#database = new Database(path);
    this.#database.pragma('journal_mode = WAL');
    // A key must be on the disk before the event that carries what it seals.
    this.#database.pragma('synchronous = FULL');
    this.#database.pragma('secure_delete = ON');
    this.#database.exec(
      `CREATE TABLE IF NOT EXISTS data_keys (id TEXT PRIMARY KEY, subject TEXT NOT NULL, wrapped BLOB NOT NULL) STRICT;
       CREATE INDEX IF NOT EXISTS data_keys_by_subject ON data_keys (subject);
       CREATE TABLE IF NOT EXISTS erased_up_to (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL) STRICT;`,
    );
    this.#master = master;
    this.#statements = prepare(this.#database);
    this.#checkMaster(path);
  }

  obtain(subject: string): Promise<DataKey> {
    const known = this.#bySubject.get(subject) ?? this.#load(subject);
    if (known) return Promise.resolve(known);
    const wanted = this.#wanted.get(subject);
    if (wanted) return wanted.promise;
    const { promise, resolve, reject } = Promise.withResolvers<DataKey>();
    if (this.#wanted.size === 0) setImmediate(() => this.#make());
    this.#wanted.set(subject, { promise, resolve, reject });
    return promise;
  }

  async find(keyId: string): Promise<DataKey | undefined> {
    return this.findNow(keyId);
  }

  /** The same without waiting: SQLite answers in the call. */
  findNow(keyId: string): DataKey | undefined {
    const known = this.#known.get(keyId);
    if (known) return known;
    const row = this.#statements.byId.get(keyId) as KeyRow | undefined;
    return row && this.#unwrap(row);
  }

  async erase(subject: string): Promise<void> {
    this.#statements.erase.run(subject);
    this.#bySubject.delete(subject);
    for (const [id, { subject: of }] of this.#known as Map<string, DataKey & { subject: string }>)
      if (of === subject) this.#known.delete(id);
    // Deleted rows stay readable in the write-ahead log until it is folded into the file.
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
  }

  /** Position of the last event whose keys were erased. */
  readonly checkpoint = {
    get: (): number => (this.#statements.erasedUpTo.get() as number | undefined) ?? 0,
    set: (position: number): void => void this.#statements.setErasedUpTo.run(position),
  };

  async close(): Promise<void> {
    if (this.#database.open) this.#database.close();
  }

  #make(): void {
    const wanted = this.#wanted;
    this.#wanted = new Map();
    try {
      const keys = this.#database.transaction(() => [...wanted.keys()].map(subject => this.#insert(subject)))();
      for (const [index, { resolve }] of [...wanted.values()].entries()) resolve(keys[index]!);
    } catch (error) {
      for (const { reject } of wanted.values()) reject(error);
    }
  }

  #insert(subject: string): DataKey {
    const id = randomBytes(9).toString('base64url');
    const secret = randomBytes(32);
    this.#statements.insert.run(id, subject, encrypt(this.#master, secret, `${id}/${subject}`));
    return this.#remember(subject, { keyId: id, secret });
  }

  #load(subject: string): DataKey | undefined {
    const row = this.#statements.bySubject.get(subject) as KeyRow | undefined;
    return row && this.#unwrap(row);
  }

  #unwrap({ id, subject, wrapped }: KeyRow): DataKey {
    return this.#remember(subject, { keyId: id, secret: decrypt(this.#master, wrapped, `${id}/${subject}`) });
  }

  #remember(subject: string, key: DataKey): DataKey {
    if (this.#known.size >= REMEMBERED_KEYS) {
      this.#known.clear();
      this.#bySubject = new Map();
    }
    this.#known.set(key.keyId, Object.assign(key, { subject }));
    this.#bySubject.set(subject, key);
    return key;
  }

  /** One key of its own says whether the master key is the right one, before anything is sealed under a wrong one. */
  #checkMaster(path: string): void {
    try {
      if (!this.#load('master-key-check')) this.#insert('master-key-check');
    } catch (error) {
      this.#database.close();
      throw new WrongMasterKey(`${path} was written under another master key: put that one back.`, { cause: error });
    }
  }
}

interface KeyRow {
  readonly id: string;
  readonly subject: string;
  readonly wrapped: Uint8Array;
}

const prepare = (database: Database.Database) => ({
  byId: database.prepare('SELECT id, subject, wrapped FROM data_keys WHERE id = ?'),
  bySubject: database.prepare(
    'SELECT id, subject, wrapped FROM data_keys WHERE subject = ? ORDER BY rowid DESC LIMIT 1',
  ),
  insert: database.prepare('INSERT INTO data_keys (id, subject, wrapped) VALUES (?, ?, ?)'),
  erase: database.prepare('DELETE FROM data_keys WHERE subject = ?'),
  erasedUpTo: database.prepare('SELECT position FROM erased_up_to').pluck(),
  setErasedUpTo: database.prepare(
    'INSERT INTO erased_up_to (id, position) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET position = excluded.position',
  ),
});
