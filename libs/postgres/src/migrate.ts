import type { PoolClient } from 'pg';
import { Unusable } from '#domain';
import { explained } from './errors/errors.js';
import type { Pool } from './pool.js';

/** The database is there and cannot be used, or cannot be reached: the sentence says why and what to do. */
export class DatabaseUnusable extends Unusable {}

/** Names the lock that those who migrate take, one after another ("FLMG"). */
const LOCK = 0x464c4d47;

/**
 * Brings a schema of our own to the newest version, by the statements that are missing, all or none. Processes that
 * start at once wait for each other. The name is trusted.
 *
 * @throws DatabaseUnusable where a newer Ferrolog was before, or the database takes no text of ours
 */
export const migrate = async (pool: Pool, schema: string, migrations: readonly string[]): Promise<void> => {
  let client: PoolClient;
  try {
    client = await pool.connect();
  } catch (cause) {
    throw new DatabaseUnusable(`PostgreSQL cannot be reached: ${explained(cause)}.`, { cause });
  }
  try {
    await client.query('BEGIN');
    await bringUp(client, schema, migrations);
    await client.query('COMMIT');
    client.release();
  } catch (cause) {
    // The connection goes, and the transaction with it.
    client.release(true);
    if (cause instanceof DatabaseUnusable) throw cause;
    throw new DatabaseUnusable(`The schema ${schema} cannot be used: ${explained(cause)}.`, { cause });
  }
};

const bringUp = async (client: PoolClient, schema: string, migrations: readonly string[]): Promise<void> => {
  const { rows: encodings } = await client.query(`SELECT current_setting('server_encoding') AS encoding`);
  const [{ encoding }] = encodings as [{ encoding: string }];
  if (encoding !== 'UTF8')
    throw new DatabaseUnusable(`The database keeps text in ${encoding}. Make one with the encoding UTF8.`);
  await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
  // Asked for first: who may not make a schema may still use one that was made for him.
  const { rowCount } = await client.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  if (rowCount === 0) await client.query(`CREATE SCHEMA ${schema}`);
  const { rows: tables } = await client.query('SELECT to_regclass($1) AS found', [`${schema}.migrations`]);
  if ((tables as [{ found: string | null }])[0].found === null)
    await client.query(
      `CREATE TABLE ${schema}.migrations (version integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())`,
    );
  const { rows } = await client.query(`SELECT coalesce(max(version), 0) AS version FROM ${schema}.migrations`);
  const [{ version }] = rows as [{ version: number }];
  if (version > migrations.length)
    throw new DatabaseUnusable(
      `The schema ${schema} was written by a newer Ferrolog (version ${version}, this one reads up to ${migrations.length}). Start that version again.`,
    );
  for (const [index, statements] of migrations.entries()) {
    if (index < version) continue;
    await client.query(statements);
    await client.query(`INSERT INTO ${schema}.migrations (version) VALUES ($1)`, [index + 1]);
  }
};
