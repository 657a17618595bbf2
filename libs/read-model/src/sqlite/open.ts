import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';
import { READ_MODEL_VERSION } from '../schema/migrations.js';

/** What is lost with a power cut is built anew from the events: commits do not wait for the disk. */
export const tune = (database: Database.Database): void => {
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.pragma('cache_size = -16000');
  database.pragma('wal_autocheckpoint = 4000');
};

/** The connection of the hot writer and the hot reads. */
export const openRows = (path: string): Database.Database => {
  const database = new Database(path);
  tune(database);
  return database;
};

/** Whether the file holds what this version writes. */
export const isCurrent = (path: string): boolean => {
  const database = new Database(path);
  try {
    return database.pragma('user_version', { simple: true }) === READ_MODEL_VERSION;
  } catch {
    return false;
  } finally {
    database.close();
  }
};

export const markCurrent = (database: Database.Database): void => {
  database.pragma(`user_version = ${READ_MODEL_VERSION}`);
};

export const removeDatabase = (path: string): void => {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
};
