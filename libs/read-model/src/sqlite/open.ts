import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { entities } from '../schema/entities.js';
import { CreateReadModel1, READ_MODEL_VERSION } from '../schema/migrations.js';

/** What is lost with a power cut is built anew from the events: commits do not wait for the disk. */
const tune = (database: Database.Database): void => {
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.pragma('cache_size = -16000');
  database.pragma('wal_autocheckpoint = 4000');
};

/** TypeORM's connection: migrations, entities and the queries that it builds. */
export const openDataSource = async (path: string): Promise<DataSource> => {
  const source = new DataSource({
    type: 'better-sqlite3',
    database: path,
    entities,
    migrations: [CreateReadModel1],
    migrationsRun: true,
    migrationsTransactionMode: 'all',
    prepareDatabase: database => tune(database as Database.Database),
  });
  return source.initialize();
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
