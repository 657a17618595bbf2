import type Database from 'better-sqlite3';
import type { NodeText } from '../node/node-queries.js';
import { hotColumns } from '../node/node-queries.js';

export type SqliteHotReads = ReturnType<typeof sqliteHotReads>;

/** Prepared statements that answer in the call. */
export const sqliteHotReads = (database: Database.Database) => {
  const byUuid = database.prepare(`SELECT ${hotColumns} FROM nodes WHERE uuid = ?`);
  const byName = database.prepare(`SELECT ${hotColumns} FROM nodes WHERE name = ?`);
  const counts = database.prepare('SELECT provision_state, count(*) FROM nodes GROUP BY provision_state').raw();
  const inState = database.prepare('SELECT count(*) FROM nodes WHERE provision_state = ?').pluck();
  return {
    byUuid: (uuid: string) => byUuid.get(uuid) as NodeText | undefined,
    byName: (name: string) => byName.get(name) as NodeText | undefined,
    countByState: () => new Map(counts.all() as [string, number][]),
    /** Of few states, among many nodes: asked for by decisions. */
    count: (states: readonly string[]) => states.reduce((sum, state) => sum + (inState.get(state) as number), 0),
  };
};
