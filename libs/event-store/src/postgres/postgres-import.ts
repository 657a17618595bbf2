import { createHash } from 'node:crypto';
import type { StoreIdentity } from '#domain';
import { BlobMissing, OutcomeUnknown, StoreUnavailable } from '#domain';
import type { Pool, Query } from '#postgres';
import { ask, DatabaseUnusable, explained, isRefusal, migrate, openPool } from '#postgres';
import type { ImportTarget, Origin, StoredRow } from '../import-target.js';
import { ImportRefused } from '../import-target.js';
import { StoreCannotBeOpened } from '../sqlite/database.js';
import { SEPARATOR } from './batch.js';
import { LOCK, migrations, SCHEMA } from './schema.js';
import { COLUMNS, statements } from './statements.js';

const sql = {
  begin: `
    UPDATE ${SCHEMA}.store SET moved_from = $1, moved_from_generation = $2, is_moved = false
     WHERE moved_from IS NULL AND (SELECT position FROM ${SCHEMA}.log) = 0`,
  finish: `UPDATE ${SCHEMA}.store SET is_moved = true`,
  insert: `
    INSERT INTO ${SCHEMA}.events (${COLUMNS})
    SELECT $1::bigint + n, stream, revision, id, type, recorded, data, metadata
      FROM unnest(
        $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[],
        string_to_array($7, chr(31)), string_to_array($8, chr(31))
      ) WITH ORDINALITY AS event (stream, revision, id, type, recorded, data, metadata, n)`,
  moveOn: `UPDATE ${SCHEMA}.log SET position = $1::bigint + $2, recorded = greatest(recorded, $3) WHERE position = $1`,
  newest: `SELECT ${COLUMNS} FROM ${SCHEMA}.events ORDER BY position DESC LIMIT 1`,
  after: `SELECT ${COLUMNS} FROM ${SCHEMA}.events WHERE position > $1 ORDER BY position LIMIT $2`,
  at: `SELECT position FROM ${SCHEMA}.events WHERE stream = $1 AND revision = $2`,
};

/** Takes over the events of another store: a transaction for each call, which only goes on where the last one ended. */
export class PostgresImport implements ImportTarget {
  /** @throws StoreCannotBeOpened */
  static async open({ url }: { readonly url: string }): Promise<PostgresImport> {
    let pool: Pool | undefined;
    try {
      pool = openPool({ url, name: 'ferrolog migrate', connections: 2 });
      await migrate(pool, SCHEMA, migrations);
      const { rows: identities } = await pool.query(statements.identity);
      const [identity] = identities as [StoreIdentity];
      return new PostgresImport(identity, pool, await headOf(pool));
    } catch (cause) {
      await pool?.end();
      const reason = cause instanceof DatabaseUnusable ? cause.message : `PostgreSQL answers: ${explained(cause)}.`;
      throw new StoreCannotBeOpened(`The event store cannot be opened. ${reason}`, { cause });
    }
  }

  private constructor(
    readonly identity: StoreIdentity,
    private readonly pool: Pool,
    /** Where the log has to end for the next events: nobody else appends. */
    private head: number,
  ) {}

  async origin(): Promise<Origin | undefined> {
    return (await this.#ask<Origin>(statements.origin))[0];
  }

  async newest(): Promise<StoredRow | undefined> {
    return (await this.#ask<StoredRow>({ text: sql.newest }))[0];
  }

  begin({ storeId, generation }: StoreIdentity): Promise<void> {
    return this.#transaction(async change => {
      if ((await change(sql.begin, [storeId, generation])) !== 1)
        throw new ImportRefused('The store holds events already.');
    });
  }

  async putBlob(content: Uint8Array): Promise<void> {
    const hash = createHash('sha256').update(content).digest('hex');
    await this.#ask({ ...statements.putBlob, values: [hash, Buffer.from(content)] });
  }

  async blob(hash: string): Promise<Uint8Array> {
    const [row] = await this.#ask<{ content: Uint8Array }>({ ...statements.blob, values: [hash] });
    if (!row) throw new BlobMissing(`there is no blob ${hash}`);
    return row.content;
  }

  /** At the positions that they had: neither store leaves any out. What events tell of positions stays true here. */
  async append(rows: readonly StoredRow[]): Promise<void> {
    const other = rows.find(({ position }, index) => position !== this.head + 1 + index);
    if (other) throw new ImportRefused(`The event at position ${other.position} of the origin would get another here.`);
    await this.#transaction(async change => {
      const latest = Math.max(...rows.map(({ recorded }) => recorded));
      if ((await change(sql.moveOn, [this.head, rows.length, latest])) !== 1)
        throw new ImportRefused('Somebody else has written to this store.');
      await change(sql.insert, [this.head, ...columnsOf(rows)]);
    });
    this.head += rows.length;
  }

  after(position: number, limit: number): Promise<readonly StoredRow[]> {
    return this.#ask<StoredRow>({ text: sql.after, values: [position, limit] });
  }

  async positionOf(stream: string, revision: number): Promise<number> {
    const [row] = await this.#ask<{ position: number }>({ text: sql.at, values: [stream, revision] });
    if (!row) throw new ImportRefused(`${stream} has no revision ${revision} here.`);
    return row.position;
  }

  finish(): Promise<void> {
    return this.#transaction(async change => void (await change(sql.finish, [])));
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  /** Under the lock of those who append. */
  async #transaction(
    work: (change: (text: string, values: unknown[]) => Promise<number | null>) => Promise<void>,
  ): Promise<void> {
    const client = await this.pool.connect().catch((cause: unknown) => {
      throw unanswered(cause);
    });
    try {
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
      await work(async (text, values) => (await client.query(text, values)).rowCount);
      await client.query('COMMIT');
      client.release();
    } catch (cause) {
      // The connection goes, and the transaction with it.
      client.release(true);
      if (cause instanceof ImportRefused) throw cause;
      if (isRefusal(cause)) throw new ImportRefused(`PostgreSQL refuses: ${explained(cause)}.`, { cause });
      throw new OutcomeUnknown(`nobody knows whether PostgreSQL took it: ${explained(cause)}`, { cause });
    }
  }

  async #ask<T>(query: Query): Promise<T[]> {
    try {
      return await ask<T>(this.pool, query, () => false);
    } catch (cause) {
      throw unanswered(cause);
    }
  }
}

/** Under the lock: what a process that was killed had sent is settled by then. */
const headOf = async (pool: Pool): Promise<number> => {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    const { rows } = await client.query(statements.head.text);
    await client.query('COMMIT');
    return (rows as [{ position: number }])[0].position;
  } finally {
    client.release();
  }
};

const unanswered = (cause: unknown): StoreUnavailable =>
  new StoreUnavailable(`PostgreSQL does not answer: ${explained(cause)}`, { cause });

const columnsOf = (rows: readonly StoredRow[]): unknown[] => [
  rows.map(({ stream }) => stream),
  rows.map(({ revision }) => revision),
  rows.map(({ id }) => id),
  rows.map(({ type }) => type),
  rows.map(({ recorded }) => recorded),
  rows.map(({ data }) => data).join(SEPARATOR),
  rows.map(({ metadata }) => metadata).join(SEPARATOR),
];
