import { ask } from './ask.js';
import { migrate } from './migrate.js';
import type { Pool } from './pool.js';

const SCHEMA = 'ferrolog_followers';

const version1 = `
  CREATE TABLE ${SCHEMA}.checkpoints (
    follower text, store_id text, generation integer, position bigint NOT NULL, PRIMARY KEY (follower, store_id, generation)
  );
`;

/** Names what positions are of: those of another store, or of before a restored backup, say nothing. */
interface StoreIdentity {
  readonly storeId: string;
  readonly generation: number;
}

/**
 * Where a follower of the event store goes on, whichever process it is in. One that lost its turn without noticing does
 * not take it back.
 *
 * @param first its place before it has one
 * @throws DatabaseUnusable
 */
export const openCheckpoint = async (pool: Pool, follower: string, identity: StoreIdentity, first = 0) => {
  await migrate(pool, SCHEMA, [version1]);
  const key = () => [follower, identity.storeId, identity.generation];
  return {
    async get(): Promise<number> {
      const text = `SELECT position FROM ${SCHEMA}.checkpoints WHERE (follower, store_id, generation) = ($1, $2, $3)`;
      const [row] = await ask<{ position: number }>(pool, { text, values: key() }, () => false);
      return row?.position ?? first;
    },
    async set(position: number): Promise<void> {
      const text = `
        INSERT INTO ${SCHEMA}.checkpoints AS kept VALUES ($1, $2, $3, $4)
        ON CONFLICT (follower, store_id, generation) DO UPDATE SET position = greatest(kept.position, excluded.position)`;
      await ask(pool, { text, values: [...key(), position] }, () => false);
    },
  };
};
