import Database from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import { Unusable } from '#domain';
import type { StoreIdentity } from '#domain';

/** Said to be Ferrolog's event store by SQLite's own header field ("FLES"). */
const APPLICATION_ID = 0x464c4553;
const FORMAT = 1;

/** The file is there and cannot be used: the sentence says why and what to do. */
export class StoreCannotBeOpened extends Unusable {}

const schema = `
  CREATE TABLE store (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE event_types (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    id TEXT NOT NULL,
    type INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    data TEXT NOT NULL,
    metadata TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);
  CREATE TABLE blobs (hash TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT, WITHOUT ROWID;
`;

/** Opens the file, makes it where it is missing, and refuses what it cannot read. */
export const openDatabase = (path: string): { database: Database.Database; identity: StoreIdentity } => {
  const database = open(path);
  try {
    const isEmpty = database.prepare(`SELECT count(*) FROM sqlite_schema`).pluck().get() === 0;
    if (!isEmpty) requireOurs(path, database);
    database.pragma('journal_mode = WAL');
    // An acknowledged event survives a power cut: every commit waits for the disk.
    database.pragma('synchronous = FULL');
    database.pragma('wal_autocheckpoint = 4000');
    database.pragma('cache_size = -8000');
    database.pragma('mmap_size = 0');
    if (isEmpty) create(database);
    return { database, identity: identityOf(database) };
  } catch (error) {
    database.close();
    throw explained(path, error);
  }
};

const open = (path: string): Database.Database => {
  try {
    return new Database(path);
  } catch (error) {
    throw explained(path, error);
  }
};

/** Asked before anything is changed: the file may be somebody else's. */
const requireOurs = (path: string, database: Database.Database): void => {
  if (database.pragma('application_id', { simple: true }) !== APPLICATION_ID)
    throw new StoreCannotBeOpened(`${path} is an SQLite database, but not an event store of Ferrolog.`);
  const format = database.pragma('user_version', { simple: true }) as number;
  if (format > FORMAT)
    throw new StoreCannotBeOpened(
      `${path} was written by a newer Ferrolog (data format ${format}, this version reads up to ${FORMAT}). Start that version again.`,
    );
};

const create = (database: Database.Database): void => {
  database.transaction(() => {
    database.exec(schema);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${FORMAT}`);
    const insert = database.prepare('INSERT INTO store (key, value) VALUES (?, ?)');
    insert.run('store_id', randomUUID().slice(0, 8));
    insert.run('generation', '1');
  })();
};

const identityOf = (database: Database.Database): StoreIdentity => {
  const read = database.prepare('SELECT value FROM store WHERE key = ?').pluck();
  return { storeId: read.get('store_id') as string, generation: Number(read.get('generation')) };
};

const explained = (path: string, error: unknown): Error => {
  if (error instanceof StoreCannotBeOpened) return error;
  // better-sqlite3 itself looks whether the folder is there.
  const code = error instanceof TypeError ? 'SQLITE_CANTOPEN' : ((error as { code?: string }).code ?? '');
  const reasons: Record<string, string> = {
    SQLITE_NOTADB: 'it is no SQLite database, or it is damaged. Put a backup in its place',
    SQLITE_CORRUPT: 'it is damaged. Put a backup in its place',
    SQLITE_CANTOPEN: 'its folder is missing or may not be written to',
    SQLITE_READONLY: 'it may not be written to',
    SQLITE_FULL: 'the disk is full',
    SQLITE_BUSY: 'another process holds it',
  };
  const reason = Object.entries(reasons).find(([prefix]) => code.startsWith(prefix))?.[1] ?? (error as Error).message;
  return new StoreCannotBeOpened(`${path} cannot be opened: ${reason}.`, { cause: error });
};
