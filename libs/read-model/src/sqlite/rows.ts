import type Database from 'better-sqlite3';
import { KEPT_ENTRIES } from '../history/history-entries.js';
import type { Table } from '../schema/columns.js';
import { columnsOf } from '../schema/columns.js';
import type { RowSink } from '../write-changes.js';

/** Prepared statements of the hot writer: each change is written as it is told. */
export const sqliteRows = (database: Database.Database): RowSink => {
  const each = (statement: (table: Table, columns: readonly string[]) => string) =>
    Object.fromEntries(
      (Object.keys(columnsOf) as Table[]).map(table => [table, database.prepare(statement(table, columnsOf[table]))]),
    ) as Record<Table, Database.Statement>;
  const put = each((table, columns) => {
    const updates = columns.slice(1).map(name => `${name} = excluded.${name}`);
    return (
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ` +
      `ON CONFLICT (${columns[0]}) DO UPDATE SET ${updates.join(', ')}`
    );
  });
  const remove = each((table, [key]) => `DELETE FROM ${table} WHERE ${key} = ?`);
  const removeHistory = database.prepare('DELETE FROM node_history WHERE node_uuid = ?');
  const trimHistory = database.prepare(
    `DELETE FROM node_history WHERE node_uuid = ? AND id <=
       (SELECT id FROM node_history WHERE node_uuid = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
  );
  return {
    put: (table, row) => void put[table].run(Object.values(row)),
    remove: (table, key) => void remove[table].run(key),
    removeHistory: node => void removeHistory.run(node),
    trimHistory: node => void trimHistory.run(node, node, KEPT_ENTRIES),
  };
};
