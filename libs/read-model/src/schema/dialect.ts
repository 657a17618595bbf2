import type { DataSource } from 'typeorm';

/** Where the databases differ in what the queries and tables need. Everything else is said in the same words. */
export interface Dialect {
  /** Types of columns. Texts are equal and in order byte by byte. */
  readonly types: { readonly integer: string; readonly text: string; readonly blob: string };
  /** What ends the statement of a table whose key is no number. */
  readonly keyedByText: string;
  /** Compares texts by a pattern, with upper and lower case of ASCII letters as one. */
  readonly like: string;
  /** A member of a row's JSON that is no column, as something to sort by. */
  member(name: string): string;
}

export const sqlite: Dialect = {
  types: { integer: 'INTEGER', text: 'TEXT', blob: 'BLOB' },
  keyedByText: ' WITHOUT ROWID',
  like: 'LIKE',
  member: name => `json_extract('{' || row.text || '}', '$.${name}')`,
};

/** Escapes that JSON knows and PostgreSQL's text cannot hold: NUL, and halves of surrogate pairs. */
const UNSPEAKABLE = String.raw`\\u(0000|d[89a-f][0-9a-f]{2})`;

export const postgres: Dialect = {
  types: { integer: 'bigint', text: 'text COLLATE "C"', blob: 'bytea' },
  keyedByText: '',
  like: 'ILIKE',
  member: name => {
    const text = String.raw`regexp_replace('{' || row.text || '}', '${UNSPEAKABLE}', '\\ufffd', 'gi')`;
    return `(CAST(${text} AS json) ->> '${name}') COLLATE "C"`;
  },
};

export const dialectOf = ({ options }: DataSource): Dialect => (options.type === 'postgres' ? postgres : sqlite);
