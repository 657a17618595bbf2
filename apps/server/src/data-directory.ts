import Database from 'better-sqlite3';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Unusable } from '#domain';

/** The folder cannot serve: the sentence says why and what to do. */
export class DataDirectoryUnusable extends Unusable {}

export interface DataDirectory {
  readonly path: string;
  readonly events: string;
  readonly keys: string;
  readonly telemetry: string;
  readonly webhooks: string;
  /** Lets the next process have it. */
  release(): void;
}

/** Where the events of a data folder are. */
export const eventsIn = (path: string): string => join(path, 'events.sqlite');

/**
 * Makes the folder where it is missing and takes it for this process alone. The lock is the operating system's: it is
 * gone the moment the process is, however it died, and so it proves that whoever held it before is dead.
 */
export const takeDataDirectory = (path: string): DataDirectory => {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DataDirectoryUnusable(`The data folder ${path} cannot be used: ${reasonOf(error)}.`, { cause: error });
  }
  const lock = lockOf(path);
  return {
    path,
    events: eventsIn(path),
    keys: join(path, 'keys.sqlite'),
    telemetry: join(path, 'telemetry.sqlite'),
    webhooks: join(path, 'webhooks.sqlite'),
    release: () => lock.close(),
  };
};

const lockOf = (path: string): Database.Database => {
  let lock: Database.Database | undefined;
  try {
    lock = new Database(join(path, 'lock.sqlite'), { timeout: 0 });
    lock.pragma('journal_mode = DELETE');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    if (String((error as { code?: string }).code).startsWith('SQLITE_BUSY'))
      throw new DataDirectoryUnusable(
        `Another Ferrolog is running on the data folder ${path}. Stop it, or choose another folder with --data.`,
      );
    throw new DataDirectoryUnusable(`The data folder ${path} cannot be used: ${reasonOf(error)}.`, { cause: error });
  }
};

/**
 * Opens one of the folder's databases.
 *
 * @throws DataDirectoryUnusable where SQLite cannot; anything else as it is
 */
export const opened = <T>(file: string, open: () => T): T => {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    throw new DataDirectoryUnusable(`${file} cannot be opened: ${reasonOf(error)}.`, { cause: error });
  }
};

const reasonOf = (error: unknown): string => {
  const { code = '', message } = error as { code?: string; message: string };
  if (code === 'EACCES' || code === 'EROFS' || code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN'))
    return 'it may not be written to';
  if (code === 'ENOSPC' || code.startsWith('SQLITE_FULL')) return 'the disk is full';
  if (code.startsWith('SQLITE_NOTADB') || code.startsWith('SQLITE_CORRUPT'))
    return 'it is damaged. Put a backup in its place';
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'there is a file in its place';
  return message;
};
