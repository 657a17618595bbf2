import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';
import type { Telemetry } from '#domain';

const FLUSH_MS = 5_000;

/**
 * In memory, written to a file now and then: what a restart loses is at most some seconds of signs of life. Losing all
 * of it costs nothing (design 12): a damaged file is made anew, and what cannot be written now is written later.
 */
export class SqliteTelemetry implements Telemetry {
  readonly #database: Database.Database;
  readonly #heard: Map<string, number>;
  readonly #conductors = new Map<string, number>();
  readonly #changed = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(path: string) {
    ({ database: this.#database, heard: this.#heard } = openOrMake(path));
    this.#timer = setInterval(() => this.flush(), FLUSH_MS).unref();
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

  /** Writes what has changed. Never throws: what the disk does not take stays to be written. */
  flush(): void {
    if (this.#changed.size === 0) return;
    try {
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
    } catch {
      // The next time, then.
    }
  }

  close(): void {
    clearInterval(this.#timer);
    if (!this.#database.open) return;
    this.flush();
    this.#database.close();
  }
}

const openOrMake = (path: string) => {
  try {
    return open(path);
  } catch {
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    return open(path);
  }
};

const open = (path: string) => {
  const database = new Database(path);
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = OFF');
    database.exec('CREATE TABLE IF NOT EXISTS signs (key TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID');
    const rows = database.prepare('SELECT key, at FROM signs').all() as { key: string; at: number }[];
    const ofNodes = rows.filter(({ key }) => key.startsWith('node/'));
    return { database, heard: new Map(ofNodes.map(({ key, at }) => [key.slice('node/'.length), at])) };
  } catch (error) {
    database.close();
    throw error;
  }
};
