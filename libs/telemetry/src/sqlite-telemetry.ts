import Database from 'better-sqlite3';
import type { Telemetry } from '#domain';

const FLUSH_MS = 5_000;

/** In memory, written to a file now and then: what a restart loses is at most some seconds of signs of life. */
export class SqliteTelemetry implements Telemetry {
  readonly #database: Database.Database;
  readonly #heard = new Map<string, number>();
  readonly #conductors = new Map<string, number>();
  readonly #changed = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(path: string) {
    this.#database = new Database(path);
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = OFF');
    this.#database.exec('CREATE TABLE IF NOT EXISTS signs (key TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID');
    for (const { key, at } of this.#database.prepare('SELECT key, at FROM signs').iterate() as Iterable<{
      key: string;
      at: number;
    }>) {
      if (key.startsWith('node/')) this.#heard.set(key.slice(5), at);
    }
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS).unref();
  }

  heard(nodeId: string, at: number): void {
    this.#heard.set(nodeId, at);
    this.#changed.add(nodeId);
  }

  lastHeard(nodeId: string): number | undefined {
    return this.#heard.get(nodeId);
  }

  forget(nodeId: string): void {
    if (this.#heard.delete(nodeId)) this.#changed.add(nodeId);
  }

  conductorSeen(host: string, at: number): void {
    this.#conductors.set(host, at);
  }

  conductorGone(host: string): void {
    this.#conductors.delete(host);
  }

  conductors(): ReadonlyMap<string, number> {
    return this.#conductors;
  }

  close(): void {
    clearInterval(this.#timer);
    if (!this.#database.open) return;
    this.#flush();
    this.#database.close();
  }

  #flush(): void {
    if (this.#changed.size === 0) return;
    const put = this.#database.prepare(
      'INSERT INTO signs (key, at) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET at = excluded.at',
    );
    const remove = this.#database.prepare('DELETE FROM signs WHERE key = ?');
    this.#database.transaction(() => {
      for (const nodeId of this.#changed) {
        const at = this.#heard.get(nodeId);
        if (at === undefined) remove.run(`node/${nodeId}`);
        else put.run(`node/${nodeId}`, at);
      }
    })();
    this.#changed.clear();
  }
}
