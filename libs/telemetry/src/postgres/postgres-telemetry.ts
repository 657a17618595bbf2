import type { Telemetry } from '#domain';
import type { Pool, Query } from '#postgres';
import { ask, Listener, migrate, openPool } from '#postgres';

const SCHEMA = 'ferrolog_telemetry';
const CHANNEL = 'ferrolog_telemetry';
const FLUSH_MS = 1_000;
const REFRESH_MS = 5_000;
/** Signs of conductors that nobody saw for so long are swept away. */
const FORGOTTEN_MS = 24 * 3_600_000;

/** Not in the server's log: what a crash of it loses costs nothing, and signs of life are written all the time. */
const migrations = [
  `
  CREATE UNLOGGED TABLE ${SCHEMA}.signs (
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (kind, name)
  );
  `,
];

const sql = {
  read: `SELECT kind, name, at FROM ${SCHEMA}.signs`,
  put: `
    INSERT INTO ${SCHEMA}.signs (kind, name, at) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
    ON CONFLICT (kind, name) DO UPDATE SET at = greatest(signs.at, excluded.at)`,
  remove: `
    DELETE FROM ${SCHEMA}.signs USING unnest($1::text[], $2::text[]) AS gone (kind, name)
     WHERE signs.kind = gone.kind AND signs.name = gone.name`,
  sweep: `DELETE FROM ${SCHEMA}.signs WHERE kind = 'conductor' AND at < $1`,
  tell: `SELECT pg_notify('${CHANNEL}', '')`,
};

type Kind = 'node' | 'conductor';
const kinds: readonly Kind[] = ['node', 'conductor'];

export interface PostgresTelemetryOptions {
  readonly url: string;
  readonly flushMs?: number;
  readonly refreshMs?: number;
}

/**
 * Signs of life that processes share. Each answers from its memory, writes what is new now and then, and reads what the
 * others wrote: at once where a conductor came or left, else within seconds. Nothing here ever fails for want of the
 * server (design 12): what is not written now is written later, and until then each knows its own.
 */
export class PostgresTelemetry implements Telemetry {
  readonly #pool: Pool;
  readonly #listener: Listener;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #signs: Record<Kind, Map<string, number>> = { node: new Map(), conductor: new Map() };
  /** What is to be written: a time, or undefined for what is to be removed. */
  #changed: Record<Kind, Map<string, number | undefined>> = { node: new Map(), conductor: new Map() };
  #ready: Promise<void> | undefined;
  #working: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  /** Reads what there is, where the server answers. */
  static async open(options: PostgresTelemetryOptions): Promise<PostgresTelemetry> {
    const telemetry = new PostgresTelemetry(options);
    await telemetry.refresh();
    return telemetry;
  }

  private constructor({ url, flushMs = FLUSH_MS, refreshMs = REFRESH_MS }: PostgresTelemetryOptions) {
    this.#pool = openPool({ url, name: 'ferrolog telemetry', connections: 1 });
    this.#listener = new Listener({ url, name: 'ferrolog telemetry: listener' }, CHANNEL, () => void this.refresh());
    this.#timers = [
      setInterval(() => void this.flush(), flushMs).unref(),
      setInterval(() => void this.refresh(), refreshMs).unref(),
    ];
  }

  heard(nodeId: string, at: number): void {
    this.#put('node', nodeId, at);
  }

  lastHeard(nodeId: string): number | undefined {
    return this.#signs.node.get(nodeId);
  }

  forget(nodeId: string): void {
    this.#remove('node', nodeId);
  }

  conductorSeen(host: string, at: number): void {
    const isNew = !this.#signs.conductor.has(host);
    this.#put('conductor', host, at);
    if (isNew) void this.flush();
  }

  conductorGone(host: string): void {
    this.#remove('conductor', host);
    void this.flush();
  }

  conductors(): ReadonlyMap<string, number> {
    return this.#signs.conductor;
  }

  /** Writes what has changed. Never throws: what the server does not take stays to be written. */
  flush(): Promise<void> {
    return this.#inTurn(() => this.#write());
  }

  /** Reads what others wrote. Never throws: until the server answers, each knows its own. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#read());
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#inTurn(() => this.#write());
    await this.#listener.close();
    await this.#pool.end();
  }

  #put(kind: Kind, name: string, at: number): void {
    this.#signs[kind].set(name, at);
    this.#changed[kind].set(name, at);
  }

  #remove(kind: Kind, name: string): void {
    this.#signs[kind].delete(name);
    this.#changed[kind].set(name, undefined);
  }

  /** One after another, so that what is read is not older than what was written. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    return (this.#working = this.#working.then(work).catch(() => undefined));
  }

  async #write(): Promise<void> {
    const changed = this.#changed;
    const all = kinds.flatMap(kind => [...changed[kind]].map(([name, at]) => ({ kind, name, at })));
    if (all.length === 0) return;
    this.#changed = { node: new Map(), conductor: new Map() };
    const [put, gone] = [all.filter(({ at }) => at !== undefined), all.filter(({ at }) => at === undefined)];
    const columnsOf = (signs: typeof all) => [signs.map(({ kind }) => kind), signs.map(({ name }) => name)];
    try {
      if (put.length > 0) await this.#ask({ text: sql.put, values: [...columnsOf(put), put.map(({ at }) => at)] });
      if (gone.length > 0) await this.#ask({ text: sql.remove, values: columnsOf(gone) });
      if (changed.conductor.size > 0) await this.#ask({ text: sql.tell });
    } catch (error) {
      // The next time, then; what came meanwhile is newer.
      for (const { kind, name, at } of all) if (!this.#changed[kind].has(name)) this.#changed[kind].set(name, at);
      throw error;
    }
  }

  async #read(): Promise<void> {
    const rows = await this.#ask<{ kind: Kind; name: string; at: number }>({ text: sql.read });
    for (const kind of kinds) {
      const signs = this.#signs[kind];
      signs.clear();
      for (const row of rows) if (row.kind === kind) signs.set(row.name, row.at);
      // What this process knows and has not yet written.
      for (const [name, at] of this.#changed[kind])
        if (at === undefined) signs.delete(name);
        else signs.set(name, Math.max(at, signs.get(name) ?? at));
    }
  }

  async #ask<T>(query: Query): Promise<T[]> {
    await (this.#ready ??= this.#prepare());
    return ask<T>(this.#pool, query, () => this.#closing !== undefined);
  }

  async #prepare(): Promise<void> {
    try {
      await migrate(this.#pool, SCHEMA, migrations);
      await this.#pool.query(sql.sweep, [Date.now() - FORGOTTEN_MS]);
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }
}
