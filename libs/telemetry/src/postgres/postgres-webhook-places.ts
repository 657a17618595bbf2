import type { FoundWebhooks, StoreIdentity, WebhookFailing, WebhookPlace, WebhookPlaces } from '#domain';
import type { Pool } from '#postgres';
import { ask, migrate, openPool } from '#postgres';

const SCHEMA = 'ferrolog_webhooks';

const version1 = `
  CREATE TABLE ${SCHEMA}.looked (store text COLLATE "C" PRIMARY KEY, up_to bigint NOT NULL);
  CREATE TABLE ${SCHEMA}.webhooks (
    store text COLLATE "C", uuid text COLLATE "C", from_revision integer, position bigint, failing jsonb,
    PRIMARY KEY (store, uuid)
  );
`;

const sql = {
  uuids: `SELECT uuid FROM ${SCHEMA}.webhooks WHERE store = $1 ORDER BY uuid`,
  lookedUpTo: `SELECT up_to FROM ${SCHEMA}.looked WHERE store = $1`,
  // Both or neither: what was looked through is not looked through again.
  find: `
    WITH found AS (
      INSERT INTO ${SCHEMA}.webhooks (store, uuid) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING
    )
    INSERT INTO ${SCHEMA}.looked AS kept (store, up_to) VALUES ($1, coalesce($3::bigint, 0))
    ON CONFLICT (store) DO UPDATE SET up_to = coalesce($3::bigint, kept.up_to)`,
  lose: `DELETE FROM ${SCHEMA}.webhooks WHERE store = $1 AND uuid = $2`,
  place: `
    SELECT from_revision, position, failing FROM ${SCHEMA}.webhooks
     WHERE store = $1 AND uuid = $2 AND position IS NOT NULL`,
  keep: `
    INSERT INTO ${SCHEMA}.webhooks (store, uuid, from_revision, position, failing) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (store, uuid) DO UPDATE
      SET from_revision = excluded.from_revision, position = excluded.position, failing = excluded.failing`,
};

interface Row {
  readonly from_revision: number;
  readonly position: number;
  readonly failing: WebhookFailing | null;
}

/** For every process that comes to deliver. Places of another store, or of before a restored backup, are not seen. */
export class PostgresWebhookPlaces implements WebhookPlaces {
  private constructor(
    private readonly pool: Pool,
    private readonly identity: () => StoreIdentity,
  ) {}

  /** @throws DatabaseUnusable */
  static async open(url: string, identity: () => StoreIdentity): Promise<PostgresWebhookPlaces> {
    const pool = openPool({ url, name: 'ferrolog webhooks', connections: 2 });
    try {
      await migrate(pool, SCHEMA, [version1]);
    } catch (error) {
      await pool.end();
      throw error;
    }
    return new PostgresWebhookPlaces(pool, identity);
  }

  async found(): Promise<FoundWebhooks> {
    const uuids = await this.#ask<{ uuid: string }>(sql.uuids);
    const [looked] = await this.#ask<{ up_to: number }>(sql.lookedUpTo);
    return { uuids: uuids.map(({ uuid }) => uuid), position: looked?.up_to ?? 0 };
  }

  async find(uuids: readonly string[], position?: number): Promise<void> {
    await this.#ask(sql.find, uuids, position ?? null);
  }

  async lose(uuid: string): Promise<void> {
    await this.#ask(sql.lose, uuid);
  }

  async place(uuid: string): Promise<WebhookPlace | undefined> {
    const [row] = await this.#ask<Row>(sql.place, uuid);
    if (!row) return undefined;
    return {
      fromRevision: row.from_revision,
      position: row.position,
      ...(row.failing && { failing: row.failing }),
    };
  }

  async keep(uuid: string, { fromRevision, position, failing }: WebhookPlace): Promise<void> {
    await this.#ask(sql.keep, uuid, fromRevision, position, failing ? JSON.stringify(failing) : null);
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  #ask<T>(text: string, ...values: unknown[]): Promise<T[]> {
    const { storeId, generation } = this.identity();
    return ask<T>(this.pool, { text, values: [`${storeId}-${generation}`, ...values] }, () => false);
  }
}
