import Database from 'better-sqlite3';
import { closeSync, openSync } from 'node:fs';
import type { DataKey, KeyStore } from '#domain';
import { StoreUnavailable, Unusable } from '#domain';
import { NotAuthentic } from './cipher.js';
import type { KeyRow, SubjectKey } from './subject-key.js';
import { MASTER_KEY_CHECK, newKey, unwrapped, wrapped } from './subject-key.js';

/** Said to be Ferrolog's key store by SQLite's own header field ("FLKS"). */
const APPLICATION_ID = 0x464c4b53;
const FORMAT = 1;
const REMEMBERED_KEYS = 5_000;

/** The file is there and cannot be used: the sentence says why and what to do. */
export class KeyStoreCannotBeOpened extends Unusable {}
/** The file is of another master key. */
export class WrongMasterKey extends KeyStoreCannotBeOpened {}

interface Wanted {
  readonly promise: Promise<DataKey>;
  resolve(key: DataKey): void;
  reject(error: unknown): void;
}

/**
 * Data keys in an SQLite file of their own, each wrapped by the master key. Keys that are asked for in one turn of the
 * event loop share a commit.
 */
export class SqliteKeyStore implements KeyStore {
  readonly #database: Database.Database;
  readonly #master: Uint8Array;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #byId = new Map<string, SubjectKey>();
  readonly #bySubject = new Map<string, SubjectKey>();
  #wanted = new Map<string, Wanted>();

  /** @throws KeyStoreCannotBeOpened · WrongMasterKey */
  constructor(path: string, master: Uint8Array) {
    this.#master = master;
    this.#database = open(path);
    try {
      this.#statements = prepare(this.#database);
      this.#checkMaster(path);
    } catch (error) {
      this.#database.close();
      throw explained(path, error);
    }
  }

  async obtain(subject: string): Promise<DataKey> {
    const known = this.#bySubject.get(subject) ?? this.#load(subject);
    if (known) return known;
    const wanted = this.#wanted.get(subject) ?? Promise.withResolvers<DataKey>();
    if (this.#wanted.size === 0) setImmediate(() => this.#make());
    this.#wanted.set(subject, wanted);
    return wanted.promise;
  }

  async find(keyId: string): Promise<DataKey | undefined> {
    const known = this.#byId.get(keyId);
    if (known) return known;
    const row = this.#sql.byId.get(keyId) as KeyRow | undefined;
    return row && this.#remember(unwrapped(this.#master, row));
  }

  async erase(subject: string): Promise<void> {
    const { changes } = this.#sql.erase.run(subject);
    this.#bySubject.delete(subject);
    for (const [id, key] of this.#byId) if (key.subject === subject) this.#byId.delete(id);
    // Deleted rows stay readable in the write-ahead log until it is folded into the file.
    if (changes > 0) foldLog(this.#database);
  }

  /** All keys, wrapped as they are: to be copied to where the same master key is. */
  rows(): KeyRow[] {
    return this.#sql.all.all(MASTER_KEY_CHECK) as KeyRow[];
  }

  /** Position of the last event whose keys were erased. */
  readonly checkpoint = {
    get: (): number => (this.#sql.erasedUpTo.get() as number | undefined) ?? 0,
    set: (position: number): void => void this.#sql.setErasedUpTo.run(position),
  };

  /** Answers what was asked for before; then everything is refused with StoreUnavailable. */
  async close(): Promise<void> {
    if (!this.#database.open) return;
    this.#make();
    this.#database.close();
  }

  get #sql() {
    if (!this.#database.open) throw new StoreUnavailable('the key store is closed');
    return this.#statements;
  }

  /** Known only once they are on the disk: what is sealed under a key that is lost is lost. */
  #make(): void {
    const wanted = this.#wanted;
    this.#wanted = new Map();
    let keys: SubjectKey[];
    try {
      keys = this.#database.transaction(() => [...wanted.keys()].map(subject => this.#insert(subject)))();
    } catch (cause) {
      const error = new StoreUnavailable(`the key store takes nothing: ${(cause as Error).message}`, { cause });
      for (const { reject } of wanted.values()) reject(error);
      return;
    }
    for (const key of keys) wanted.get(key.subject)!.resolve(this.#remember(key));
  }

  #insert(subject: string): SubjectKey {
    const key = newKey(subject);
    this.#statements.insert.run(key.keyId, subject, wrapped(this.#master, key));
    return key;
  }

  #load(subject: string): SubjectKey | undefined {
    const row = this.#sql.bySubject.get(subject) as KeyRow | undefined;
    return row && this.#remember(unwrapped(this.#master, row));
  }

  #remember(key: SubjectKey): SubjectKey {
    if (this.#byId.size >= REMEMBERED_KEYS) {
      this.#byId.clear();
      this.#bySubject.clear();
    }
    this.#byId.set(key.keyId, key);
    this.#bySubject.set(key.subject, key);
    return key;
  }

  /** One key of its own says whether the master key is the right one, before anything is sealed under a wrong one. */
  #checkMaster(path: string): void {
    try {
      if (!this.#load(MASTER_KEY_CHECK)) this.#insert(MASTER_KEY_CHECK);
    } catch (cause) {
      if (!(cause instanceof NotAuthentic)) throw cause;
      throw new WrongMasterKey(`${path} was written under another master key: put that one back.`, { cause });
    }
  }
}

const open = (path: string): Database.Database => {
  let database: Database.Database | undefined;
  try {
    // For its owner only; SQLite gives its log the same rights.
    closeSync(openSync(path, 'a', 0o600));
    database = new Database(path);
    const isEmpty = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
    if (!isEmpty) requireOurs(path, database);
    database.pragma('journal_mode = WAL');
    // A key must be on the disk before the event that carries what it seals.
    database.pragma('synchronous = FULL');
    database.pragma('secure_delete = ON');
    if (isEmpty) create(database);
    // What a process that died had erased may still be in its log.
    else foldLog(database);
    return database;
  } catch (error) {
    database?.close();
    throw explained(path, error);
  }
};

const foldLog = (database: Database.Database): void => void database.pragma('wal_checkpoint(TRUNCATE)');

const requireOurs = (path: string, database: Database.Database): void => {
  if (database.pragma('application_id', { simple: true }) !== APPLICATION_ID)
    throw new KeyStoreCannotBeOpened(`${path} is an SQLite database, but not a key store of Ferrolog.`);
  if ((database.pragma('user_version', { simple: true }) as number) > FORMAT)
    throw new KeyStoreCannotBeOpened(`${path} was written by a newer Ferrolog. Start that version again.`);
};

const create = (database: Database.Database): void =>
  database.transaction(() => {
    database.exec(
      `CREATE TABLE data_keys (id TEXT PRIMARY KEY, subject TEXT NOT NULL, wrapped BLOB NOT NULL) STRICT;
       CREATE INDEX data_keys_by_subject ON data_keys (subject);
       CREATE TABLE erased_up_to (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL) STRICT;`,
    );
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${FORMAT}`);
  })();

const explained = (path: string, cause: unknown): KeyStoreCannotBeOpened => {
  if (cause instanceof KeyStoreCannotBeOpened) return cause;
  const { code = '', message } = cause as { code?: string; message: string };
  const reason = /^SQLITE_(NOTADB|CORRUPT)/.test(code)
    ? 'it is no SQLite database, or it is damaged. Put a backup in its place'
    : message;
  return new KeyStoreCannotBeOpened(`${path} cannot be opened: ${reason}.`, { cause });
};

const prepare = (database: Database.Database) => ({
  byId: database.prepare('SELECT id, subject, wrapped FROM data_keys WHERE id = ?'),
  bySubject: database.prepare(
    'SELECT id, subject, wrapped FROM data_keys WHERE subject = ? ORDER BY rowid DESC LIMIT 1',
  ),
  all: database.prepare('SELECT id, subject, wrapped FROM data_keys WHERE subject <> ? ORDER BY rowid'),
  insert: database.prepare('INSERT INTO data_keys (id, subject, wrapped) VALUES (?, ?, ?)'),
  erase: database.prepare('DELETE FROM data_keys WHERE subject = ?'),
  erasedUpTo: database.prepare('SELECT position FROM erased_up_to').pluck(),
  setErasedUpTo: database.prepare(
    'INSERT INTO erased_up_to (id, position) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET position = excluded.position',
  ),
});
