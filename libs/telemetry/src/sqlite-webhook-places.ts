import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';
import type { FoundWebhooks, StoreIdentity, WebhookFailing, WebhookPlace, WebhookPlaces } from '#domain';

interface Row {
  readonly from_revision: number;
  readonly position: number;
  readonly failing: string | null;
}

/** In an SQLite file of their own. What was kept outlives the process; a failure of power may cost the last ones. */
export class SqliteWebhookPlaces implements WebhookPlaces {
  readonly #database: Database.Database;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(path: string, identity: StoreIdentity) {
    this.#database = openOrMake(path);
    beOf(this.#database, `${identity.storeId}-${identity.generation}`);
    this.#statements = prepare(this.#database);
  }

  found(): FoundWebhooks {
    const { uuids, position } = this.#statements;
    return { uuids: uuids.all() as string[], position: position.get() as number };
  }

  find(uuids: readonly string[], position?: number): void {
    this.#database.transaction(() => {
      for (const uuid of uuids) this.#statements.find.run(uuid);
      if (position !== undefined) this.#statements.look.run(position);
    })();
  }

  lose(uuid: string): void {
    this.#statements.lose.run(uuid);
  }

  place(uuid: string): WebhookPlace | undefined {
    const row = this.#statements.place.get(uuid) as Row | undefined;
    if (!row) return undefined;
    const failing = row.failing === null ? undefined : (JSON.parse(row.failing) as WebhookFailing);
    return { fromRevision: row.from_revision, position: row.position, ...(failing && { failing }) };
  }

  keep(uuid: string, { fromRevision, position, failing }: WebhookPlace): void {
    this.#statements.keep.run(uuid, fromRevision, position, failing ? JSON.stringify(failing) : null);
  }

  close(): void {
    this.#database.close();
  }
}

/** Nothing in it is worth a start that fails: a file that is damaged is made anew. */
const openOrMake = (path: string): Database.Database => {
  try {
    return open(path);
  } catch {
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    return open(path);
  }
};

const open = (path: string): Database.Database => {
  const database = new Database(path);
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.exec(
      `CREATE TABLE IF NOT EXISTS store (id INTEGER PRIMARY KEY CHECK (id = 1), identity TEXT NOT NULL, looked_up_to INTEGER NOT NULL) STRICT;
       CREATE TABLE IF NOT EXISTS webhooks (uuid TEXT PRIMARY KEY, from_revision INTEGER, position INTEGER, failing TEXT) STRICT;`,
    );
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

/** Places in another store, or in this one before a backup was put back, say nothing. */
const beOf = (database: Database.Database, identity: string): void => {
  if (database.prepare('SELECT identity FROM store').pluck().get() === identity) return;
  database.transaction(() => {
    database.exec('DELETE FROM webhooks; DELETE FROM store');
    database.prepare('INSERT INTO store (id, identity, looked_up_to) VALUES (1, ?, 0)').run(identity);
  })();
};

const prepare = (database: Database.Database) => ({
  uuids: database.prepare('SELECT uuid FROM webhooks ORDER BY uuid').pluck(),
  position: database.prepare('SELECT looked_up_to FROM store').pluck(),
  find: database.prepare('INSERT OR IGNORE INTO webhooks (uuid) VALUES (?)'),
  look: database.prepare('UPDATE store SET looked_up_to = ?'),
  lose: database.prepare('DELETE FROM webhooks WHERE uuid = ?'),
  place: database.prepare(
    'SELECT from_revision, position, failing FROM webhooks WHERE uuid = ? AND position IS NOT NULL',
  ),
  keep: database.prepare(
    `INSERT INTO webhooks (uuid, from_revision, position, failing) VALUES (?, ?, ?, ?) ON CONFLICT (uuid)
     DO UPDATE SET from_revision = excluded.from_revision, position = excluded.position, failing = excluded.failing`,
  ),
});
