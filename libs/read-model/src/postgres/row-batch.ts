import { KEPT_ENTRIES } from '../history/history-entries.js';
import type { RowsOfTables, Table } from '../schema/columns.js';
import { columnsOf } from '../schema/columns.js';
import { entities } from '../schema/entities.js';
import type { RowSink } from '../write-changes.js';
import type { AskInTransaction } from './generations.js';

/** Gathers what a batch changes, and writes it with a statement for each table, however many rows there are. */
export class RowBatch implements RowSink {
  readonly #put = new Map<Table, object[]>();
  readonly #removed = new Map<Table, (number | string)[]>();
  readonly #nodesWithoutHistory: string[] = [];
  readonly #trimmed: string[] = [];

  put<T extends Table>(table: T, row: RowsOfTables[T]): void {
    listOf(this.#put, table).push(row);
  }

  remove(table: Table, key: number | string): void {
    listOf(this.#removed, table).push(key);
  }

  removeHistory(node: string): void {
    this.#nodesWithoutHistory.push(node);
  }

  trimHistory(node: string): void {
    this.#trimmed.push(node);
  }

  async writeTo(schema: string, send: AskInTransaction): Promise<void> {
    const named = (what: string) => `${what} of ${schema}`;
    for (const [table, keys] of this.#removed) {
      const [key] = columnsOf[table];
      await send(`DELETE FROM ${schema}.${table} WHERE ${key} = ANY($1)`, [keys], named(`removed ${table}`));
    }
    const nodes = this.#nodesWithoutHistory;
    if (nodes.length > 0) await send(`DELETE FROM ${schema}.node_history WHERE node_uuid = ANY($1)`, [nodes]);
    for (const [table, rows] of this.#put) await send(upsert(schema, table), parametersOf(table, rows), named(table));
    if (this.#trimmed.length > 0) await send(trim(schema), [this.#trimmed, KEPT_ENTRIES], named('trimmed'));
  }
}

const listOf = <T>(lists: Map<Table, T[]>, table: Table): T[] => {
  const list = lists.get(table) ?? [];
  lists.set(table, list);
  return list;
};

const upsert = (schema: string, table: Table): string => {
  const names = columnsOf[table].map(name => `"${name}"`);
  const arrays = columnsOf[table].map((name, index) => `$${index + 1}::${typeOf(table, name)}[]`);
  const updates = names.slice(1).map(name => `${name} = excluded.${name}`);
  return (
    `INSERT INTO ${schema}.${table} (${names.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')}) ` +
    `ON CONFLICT (${names[0]}) DO UPDATE SET ${updates.join(', ')}`
  );
};

const trim = (schema: string): string => `
  DELETE FROM ${schema}.node_history entry USING unnest($1::text[]) AS node (uuid)
   WHERE entry.node_uuid = node.uuid AND entry.id <=
     (SELECT id FROM ${schema}.node_history WHERE node_uuid = node.uuid ORDER BY id DESC LIMIT 1 OFFSET $2)`;

const typeOf = (table: Table, column: string): string => {
  if (column === 'offsets') return 'bytea';
  const { options } = entities.find(({ options }) => options.name === table)!;
  return (options.columns as Record<string, { type: unknown }>)[column]!.type === Number ? 'bigint' : 'text';
};

/** An array for each column. */
const parametersOf = (table: Table, rows: readonly object[]): unknown[] =>
  columnsOf[table].map(column => rows.map(row => storable((row as Record<string, unknown>)[column])));

/** PostgreSQL's text holds no NUL. In JSON it is escaped, so what answers are made of never has one. */
const storable = (value: unknown): unknown =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
