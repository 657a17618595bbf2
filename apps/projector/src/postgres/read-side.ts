import type { Clock, EventStore } from '#domain';
import type { Duty, Pool } from '#postgres';
import { Listener, openPool } from '#postgres';
import type { ReadModel } from '#read-model';
import type { EventSource, Generation } from '#read-model/postgres';
import {
  buildGeneration,
  dropLeftovers,
  dropOldVersions,
  Generations,
  GRACE_MS,
  PostgresReadModel,
  READ_CHANNEL,
  readersLock,
} from '#read-model/postgres';
import type { Rebuilt } from '../read-side.js';
import { projector } from './projector.js';

const POLL_MS = 1_000;
/** How long who wrote something is kept waiting for the rows. */
const PATIENCE_MS = 3_000;
/** Reads that began on rows that are no longer in force end within this time. */
const LEAVE_MS = GRACE_MS / 2;
const CONNECTIONS = 4;

export interface PostgresReadSideOptions {
  /** `postgres://user:password@host:port/database`. The rows live in schemas of their own. */
  readonly url: string;
  readonly store: EventSource & Pick<EventStore, 'head' | 'subscribeToAll'>;
  readonly clock: Clock;
  readonly on: { rebuild(): void; fault(error: unknown): void };
  /** Called where the events are not those that the rows were made of: a backup was put back. */
  readonly beginGeneration?: () => Promise<void> | void;
  /** How long news may go unnoticed where a notification was lost. */
  readonly pollMs?: number;
  /** How often who projects looks for rows of older versions that nobody reads any more. */
  readonly sweepMs?: number;
}

/**
 * The read model in force, as this process sees it: rows in PostgreSQL that one of all processes writes. Which
 * generation of them is in force, and up to where it is written, is told by notifications and looked for now and then.
 */
export class PostgresReadSide {
  readonly #poll: NodeJS.Timeout;
  readonly #waiting = new Set<() => void>();
  readonly #leaving = new Map<PostgresReadModel, NodeJS.Timeout>();
  #counts: ReadonlyMap<string, number> = new Map();
  #looking: Promise<void> | undefined;
  #looksAgain = false;
  /** A position that the rows are to come to, and since when. */
  #owed: { readonly position: number; readonly since: number } | undefined;
  #isOutOfSight = false;
  #rebuilding: Promise<Rebuilt> | undefined;
  #dropping: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * Answers when there are rows that were once up to date: where there are none, or none of this version, this process
   * builds them, or waits for the one that does.
   *
   * @throws DatabaseUnusable
   */
  static async open(options: PostgresReadSideOptions): Promise<PostgresReadSide> {
    const { url, store, on } = options;
    const pool = openPool({ url, name: 'ferrolog read model', connections: CONNECTIONS });
    let side: PostgresReadSide | undefined;
    let listener: Listener | undefined;
    try {
      const generations = await Generations.open(pool, store.identity);
      // Before it is seen which rows there are: from then on nobody drops them as an old version's.
      const session = { url, name: 'ferrolog read model: news' };
      listener = new Listener(session, READ_CHANNEL, () => void (side && side.#look()), readersLock());
      await listener.begun;
      const found = await generations.current();
      if (!found || !(await isOf(store, found))) {
        if (found) await options.beginGeneration?.();
        on.rebuild();
        const isWanted = (current?: Generation) => current === undefined || current.number === found?.number;
        await buildGeneration({ url, pool, generations, source: store, isWanted });
      }
      const model = await PostgresReadModel.open(url, (await generations.current())!);
      const counts = await model.nodes.countByState();
      side = new PostgresReadSide(options, pool, generations, listener, model, counts);
      // What was told before there was anybody to tell.
      void side.#look();
      return side;
    } catch (error) {
      await listener?.close();
      await pool.end();
      throw error;
    }
  }

  private constructor(
    private readonly options: PostgresReadSideOptions,
    private readonly pool: Pool,
    private readonly generations: Generations,
    private readonly listener: Listener,
    private model: PostgresReadModel,
    counts: ReadonlyMap<string, number>,
  ) {
    this.#counts = counts;
    const { pollMs = POLL_MS } = options;
    this.#poll = setInterval(() => void this.#tick(), pollMs).unref();
  }

  get current(): ReadModel {
    return this.model;
  }

  /** What was in the store a while ago is in the rows. Where it is not, they are not to be trusted. */
  get isUpToDate(): boolean {
    return this.#owed === undefined || performance.now() - this.#owed.since < PATIENCE_MS;
  }

  /** As of the last poll: close enough to keep within limits that are none of one node. */
  nodesIn(...states: readonly string[]): number {
    return states.reduce((sum, state) => sum + (this.#counts.get(state) ?? 0), 0);
  }

  /** Waits until the position is in the rows, for a few seconds: then `isUpToDate` says whether they are behind. */
  async reached(position: number): Promise<void> {
    if (this.model.position >= position) return;
    this.#owe(position);
    await this.#until(position, PATIENCE_MS);
  }

  /** @throws Error when the read side is closed meanwhile */
  async caughtUp(): Promise<void> {
    const head = await this.options.store.head();
    await this.#until(head, Number.POSITIVE_INFINITY);
    if (this.model.position < head) throw new Error('the read model was closed');
  }

  /** Builds the rows anew beside those in force, and puts them in their place: for all processes, by one at a time. */
  rebuild(): Promise<Rebuilt> {
    this.#rebuilding ??= this.#rebuild().finally(() => (this.#rebuilding = undefined));
    return this.#rebuilding;
  }

  /** Writes what is appended to the store into the rows, in one of all processes that do this. */
  project(): Duty {
    const { url, store, clock, on, sweepMs } = this.options;
    const { pool, generations } = this;
    const projecting = projector({ url, pool, generations, store, clock, onBreak: on.fault });
    const onFault = (cause: unknown) => on.fault(new Error('rows of older versions are not dropped', { cause }));
    const sweeping = dropOldVersions({ pool, onFault, ...(sweepMs !== undefined && { everyMs: sweepMs }) });
    return {
      start() {
        projecting.start();
        sweeping.start();
      },
      async stop() {
        await Promise.all([projecting.stop(), sweeping.stop()]);
      },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#dropping);
    this.#wake();
    await this.listener.close();
    await this.#rebuilding?.catch(() => undefined);
    await this.#looking;
    for (const [old, timer] of this.#leaving) {
      clearTimeout(timer);
      await old.close();
    }
    await this.model.close();
    await this.pool.end();
  }

  async #tick(): Promise<void> {
    await this.#look();
    try {
      this.#counts = await this.model.nodes.countByState();
      this.#owe(await this.options.store.head());
    } catch {
      // Whoever reads is told so.
    }
  }

  #owe(position: number): void {
    if (position > this.model.position) this.#owed ??= { position, since: performance.now() };
  }

  /** Sees everything that was written before this was called. */
  #look(): Promise<void> {
    this.#looksAgain = true;
    return (this.#looking ??= this.#lookOn());
  }

  async #lookOn(): Promise<void> {
    try {
      while (this.#looksAgain && !this.#isClosed) {
        this.#looksAgain = false;
        const current = await this.generations.current();
        if (current) await this.#follow(current);
        this.#isOutOfSight = false;
        if (this.#owed && this.#owed.position <= this.model.position) this.#owed = undefined;
        this.#wake();
      }
    } catch (error) {
      this.#lostSight(error);
    } finally {
      this.#looking = undefined;
    }
  }

  /** What is in the rows cannot be told before they are seen again. Said once. */
  #lostSight(error: unknown): void {
    if (!this.#isOutOfSight && !this.#isClosed) this.options.on.fault(error);
    this.#isOutOfSight = true;
    this.#owed ??= { position: 0, since: performance.now() };
  }

  async #follow(current: Generation): Promise<void> {
    if (current.number === this.model.number) {
      this.model.position = current.position;
      return;
    }
    const old = this.model;
    this.model = await PostgresReadModel.open(this.options.url, current);
    const leave = () => {
      this.#leaving.delete(old);
      void old.close();
    };
    this.#leaving.set(old, setTimeout(leave, LEAVE_MS).unref());
  }

  async #until(position: number, patienceMs: number): Promise<void> {
    const until = performance.now() + patienceMs;
    while (this.model.position < position && !this.#isClosed) {
      const leftMs = until - performance.now();
      if (leftMs <= 0) return;
      await new Promise<void>(resolve => {
        const timer = Number.isFinite(leftMs) ? setTimeout(() => wake(), leftMs) : undefined;
        const wake = () => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  async #rebuild(): Promise<Rebuilt> {
    const { url, store } = this.options;
    const began = performance.now();
    const { events, position } = await buildGeneration({
      url,
      pool: this.pool,
      generations: this.generations,
      source: store,
    });
    await this.#look();
    clearTimeout(this.#dropping);
    const drop = () => void dropLeftovers(url, this.generations).catch(this.options.on.fault);
    this.#dropping = setTimeout(drop, GRACE_MS + POLL_MS).unref();
    return { events, position, seconds: (performance.now() - began) / 1000 };
  }
}

/** Whether the event at the checkpoint is the one in the store. */
const isOf = async (store: EventSource, { position, eventId }: Generation): Promise<boolean> => {
  if (position === 0) return true;
  const { events } = await store.readAll(position - 1, 1);
  return events[0]?.position === position && events[0].id === eventId;
};
