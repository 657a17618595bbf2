import type Database from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { entities } from '../schema/entities.js';
import { CreateReadModel1 } from '../schema/migrations.js';
import { removeDatabase, tune } from './open.js';

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

/** A file with all tables and no rows, in the place of whatever was there. Not current before it is filled. */
export const createEmpty = async (path: string): Promise<void> => {
  removeDatabase(path);
  await (await openDataSource(path)).destroy();
};
