import type { KeyRow, SqliteKeyStore } from '#secrets';
import type { PostgresKeyStore } from '#secrets/postgres';
import { MoveRefused } from './move-refused.js';
import type { Progress } from './progress.js';

const PAGE = 500;

/**
 * Copies the keys that are missing, wrapped as they are. Deletes none: of a key that is only in the target nobody knows
 * whether it was erased in the folder since, or seals what somebody else needs.
 *
 * @throws MoveRefused where the target holds others
 */
export const copyKeys = async (source: SqliteKeyStore, target: PostgresKeyStore, progress: Progress): Promise<void> => {
  const rows = source.rows();
  const there = new Set((await target.rows()).map(said));
  const missing = rows.filter(row => !there.has(said(row)));
  const others = there.size - (rows.length - missing.length);
  if (others > 0)
    throw new MoveRefused(
      `The key store holds keys that the data folder does not hold (${others}): they are of others, or were erased in the folder since. Give a database of its own, or drop the schema ferrolog_keys where you know that nobody needs it.`,
    );
  for (let from = 0; from < missing.length; from += PAGE) {
    await target.importRows(missing.slice(from, from + PAGE));
    progress('keys', Math.min(rows.length, there.size + from + PAGE), rows.length);
  }
};

/**
 * Answers how many keys of the folder the target holds.
 *
 * @throws MoveRefused
 */
export const compareKeys = async (
  source: SqliteKeyStore,
  target: PostgresKeyStore,
  areAllThere: boolean,
): Promise<number> => {
  const rows = source.rows();
  const there = new Map((await target.rows()).map(row => [row.id, said(row)]));
  const different = rows.find(row => there.has(row.id) && there.get(row.id) !== said(row));
  if (different) throw new MoveRefused(`The key ${different.id} is not the same in the key store.`);
  const found = rows.filter(({ id }) => there.has(id)).length;
  if (areAllThere && found < rows.length)
    throw new MoveRefused(`The key store does not hold all keys: ${rows.length - found} are missing.`);
  return found;
};

const said = ({ id, subject, wrapped }: KeyRow): string =>
  `${id} ${subject} ${Buffer.from(wrapped).toString('base64')}`;
