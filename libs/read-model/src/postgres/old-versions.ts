import type { Duty, Pool } from '#postgres';
import { READ_MODEL_VERSION } from '../schema/migrations.js';
import { GENERATIONS_SCHEMA as SCHEMA, GRACE_MS, schemaOf, transaction } from './generations.js';

/** Every process that reads rows of a version shares this lock of the server, as long as it lives. */
export const readersLock = (version: number = READ_MODEL_VERSION): string => `ferrolog_read readers ${version}`;

/** What sessions of processes are called that came before the lock: which version they read, they do not tell. */
const OF_BEFORE = 'ferrolog read model: listener';

export interface OldVersionsOptions {
  readonly pool: Pool;
  readonly onFault: (error: unknown) => void;
  readonly everyMs?: number;
}

/**
 * Drops what older versions of Ferrolog left, each when nobody was seen to read it at two looks in a row: while one
 * version replaces another both are read. One that comes back finds no rows and builds its own.
 */
export const dropOldVersions = ({ pool, onFault, everyMs = GRACE_MS }: OldVersionsOptions): Duty => {
  let unread: ReadonlySet<number> = new Set();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let isOver = false;
  const look = async () => {
    const seen = new Set<number>();
    for (const version of await versionsBefore(pool))
      if (await whileUnread(pool, version, unread.has(version))) seen.add(version);
    unread = seen;
  };
  const goOn = () => {
    looking = look()
      .catch(onFault)
      .then(() => {
        if (!isOver) timer = setTimeout(goOn, everyMs).unref();
      });
  };
  return {
    start: goOn,
    async stop() {
      isOver = true;
      clearTimeout(timer);
      await looking;
    },
  };
};

const versionsBefore = async (pool: Pool): Promise<number[]> => {
  const text = `SELECT DISTINCT version FROM ${SCHEMA}.generations WHERE version < $1`;
  const { rows } = await pool.query(text, [READ_MODEL_VERSION]);
  return (rows as { version: number }[]).map(({ version }) => version);
};

/** Whether nobody reads it. If so, nobody begins to until it is dropped, where that is wanted. */
const whileUnread = (pool: Pool, version: number, drops: boolean): Promise<boolean> =>
  transaction(pool, async query => {
    const [{ free }] = (await query(
      `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AND NOT EXISTS (
         SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $2
       ) AS free`,
      [readersLock(version), OF_BEFORE],
    )) as [{ free: boolean }];
    if (!free || !drops) return free;
    await query(`DELETE FROM ${SCHEMA}.current WHERE version = $1`, [version]);
    const dropped = await query(`DELETE FROM ${SCHEMA}.generations WHERE version = $1 RETURNING number`, [version]);
    for (const { number } of dropped as { number: number }[])
      await query(`DROP SCHEMA IF EXISTS ${schemaOf(number)} CASCADE`);
    return true;
  });
