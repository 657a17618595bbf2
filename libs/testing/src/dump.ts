import Database from 'better-sqlite3';

/** Every row of every table of an SQLite file, by key, blobs in hex: two files that say the same dump the same. */
export const dump = (path: string): Record<string, unknown[]> => {
  const database = new Database(path, { readonly: true });
  const tables = database
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migrations'`,
    )
    .pluck()
    .all() as string[];
  const rows = tables
    .sort()
    .map(table => [table, database.prepare(`SELECT * FROM ${table} ORDER BY 1`).all().map(inHex)]);
  database.close();
  return Object.fromEntries(rows) as Record<string, unknown[]>;
};

/** A row with its blobs in hex. */
export const inHex = (row: unknown): unknown =>
  Object.fromEntries(
    Object.entries(row as object).map(([name, value]) => [
      name,
      Buffer.isBuffer(value) ? value.toString('hex') : value,
    ]),
  );
