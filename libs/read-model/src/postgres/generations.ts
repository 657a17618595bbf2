import type { StoreIdentity } from '#domain';
import type { Pool } from '#postgres';
import { ask, migrate } from '#postgres';
import { CheckpointMoved } from '../checkpoint-moved.js';
import { postgres } from '../schema/dialect.js';
import { READ_MODEL_VERSION, tables } from '../schema/migrations.js';

/** What generations there are, and which is in force. Each has its rows in a schema of its own. */
export const GENERATIONS_SCHEMA = 'ferrolog_read';
const SCHEMA = GENERATIONS_SCHEMA;

/** Where it is told that rows were written, or that another generation is in force. */
export const READ_CHANNEL = 'ferrolog_read';

/** Rows that are no longer in force are left to those who were reading them. */
export const GRACE_MS = 60_000;

const version1 = `
  CREATE TABLE ${SCHEMA}.generations (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version integer NOT NULL,
    store_id text NOT NULL,
    store_generation integer NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    event_id text NOT NULL DEFAULT '',
    left_at timestamptz
  );
  -- One row for each version of what projections write: two versions of Ferrolog run side by side while one replaces
  -- the other.
  CREATE TABLE ${SCHEMA}.current (
    version integer PRIMARY KEY,
    generation integer NOT NULL REFERENCES ${SCHEMA}.generations
  );
`;

/** Rows up to a position, in the schema of this number. */
export interface Generation {
  readonly number: number;
  readonly position: number;
  /** Of the event at the position; empty before the first. */
  readonly eventId: string;
}

export const schemaOf = (number: number): string => `ferrolog_read_${number}`;

const COLUMNS = 'generation.number, generation.position, generation.event_id AS "eventId"';
const IN_FORCE = `
  FROM ${SCHEMA}.current JOIN ${SCHEMA}.generations generation ON generation.number = current.generation
 WHERE current.version = $1 AND generation.store_id = $2 AND generation.store_generation = $3`;

/** Of this version, made of the events of this store. */
export class Generations {
  private constructor(
    private readonly pool: Pool,
    private readonly identity: StoreIdentity,
  ) {}

  /** @throws DatabaseUnusable */
  static async open(pool: Pool, identity: StoreIdentity): Promise<Generations> {
    await migrate(pool, SCHEMA, [version1]);
    return new Generations(pool, identity);
  }

  /** The one in force. */
  async current(): Promise<Generation | undefined> {
    const query = { name: 'current', text: `SELECT ${COLUMNS} ${IN_FORCE}`, values: this.#ours };
    return (await ask<Generation>(this.pool, query, () => false))[0];
  }

  /** All tables and no rows. */
  async create(): Promise<Generation> {
    return transaction(this.pool, async query => {
      const [made] = (await query(
        `INSERT INTO ${SCHEMA}.generations AS generation (version, store_id, store_generation)
         VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
        this.#ours,
      )) as [Generation];
      await query(`CREATE SCHEMA ${schemaOf(made.number)}`);
      await query(`SET LOCAL search_path TO ${schemaOf(made.number)}`);
      for (const statement of tables(postgres)) await query(statement);
      return made;
    });
  }

  /**
   * Puts it in the place of the one in force. That one stands still meanwhile; `upTo` brings the new one to at least the
   * same position, so that no reader goes back.
   */
  async putInForce(number: number, upTo: (position: number) => Promise<void>): Promise<void> {
    await transaction(this.pool, async query => {
      const [old] = (await query(`SELECT ${COLUMNS} ${IN_FORCE} FOR UPDATE OF generation`, this.#ours)) as Generation[];
      if (old) await upTo(old.position);
      await query(
        `UPDATE ${SCHEMA}.generations SET left_at = now()
          WHERE number = (SELECT generation FROM ${SCHEMA}.current WHERE version = $1)`,
        [READ_MODEL_VERSION],
      );
      await query(
        `INSERT INTO ${SCHEMA}.current VALUES ($1, $2)
         ON CONFLICT (version) DO UPDATE SET generation = excluded.generation`,
        [READ_MODEL_VERSION, number],
      );
      await query(`NOTIFY ${READ_CHANNEL}`);
    });
  }

  /** Drops what a rebuild left that broke off, and what has not been in force for a while: under the builder's lock. */
  async dropLeftovers(graceMs = GRACE_MS): Promise<void> {
    const { rows } = await this.pool.query(
      `SELECT number FROM ${SCHEMA}.generations
        WHERE version = $1 AND number NOT IN (SELECT generation FROM ${SCHEMA}.current)
          AND (left_at IS NULL OR left_at <= now() - $2 * interval '1 millisecond')`,
      [READ_MODEL_VERSION, graceMs],
    );
    for (const { number } of rows as { number: number }[])
      await transaction(this.pool, async query => {
        await query(`DROP SCHEMA IF EXISTS ${schemaOf(number)} CASCADE`);
        await query(`DELETE FROM ${SCHEMA}.generations WHERE number = $1`, [number]);
      });
  }

  get #ours(): unknown[] {
    return [READ_MODEL_VERSION, this.identity.storeId, this.identity.generation];
  }
}

/** Rows of the answer. A name makes the server keep its plan for the connection. */
export type AskInTransaction = (text: string, values?: unknown[], name?: string) => Promise<unknown[]>;

/** All or nothing; where it cannot be told, the connection goes and the transaction with it. */
export const transaction = async <T>(
  pool: Pool,
  work: (query: AskInTransaction) => Promise<T>,
  begin = 'BEGIN',
): Promise<T> => {
  const client = await pool.connect();
  try {
    await client.query(begin);
    const done = await work(async (text, values, name) => {
      const { rows } = await client.query({ text, ...(values && { values }), ...(name && { name }) });
      return rows as unknown[];
    });
    await client.query('COMMIT');
    client.release();
    return done;
  } catch (error) {
    if (error instanceof CheckpointMoved) await client.query('ROLLBACK');
    client.release(!(error instanceof CheckpointMoved));
    throw error;
  }
};

/**
 * Writes rows behind a fence: only who knows the place that they are at may write on, and nobody after another
 * generation came into force. What a crash of the server loses is folded again, so no commit waits for the disk.
 *
 * @throws CheckpointMoved
 */
export const writeBehindFence = (
  pool: Pool,
  { number, position }: Pick<Generation, 'number' | 'position'>,
  next: { readonly position: number; readonly id: string },
  write: (query: AskInTransaction) => Promise<void>,
): Promise<void> =>
  transaction(
    pool,
    async query => {
      const moved = await query(MOVE_CHECKPOINT, [number, position, next.position, next.id], 'moveCheckpoint');
      if (moved.length === 0) throw new CheckpointMoved();
      await write(query);
    },
    'BEGIN; SET LOCAL synchronous_commit TO off',
  );

const MOVE_CHECKPOINT = `
  WITH moved AS (
    UPDATE ${SCHEMA}.generations SET position = $3, event_id = $4
     WHERE number = $1 AND position = $2 AND left_at IS NULL RETURNING number
  )
  SELECT pg_notify('${READ_CHANNEL}', '') FROM moved`;
