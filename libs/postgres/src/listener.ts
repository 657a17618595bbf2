import pg from 'pg';
import type { PoolOptions } from './pool.js';
import { clientSettings } from './pool.js';

const END_MS = 1_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/**
 * Hears what is told on a channel (`LISTEN`), over a connection of its own that is made again, ever less often, when it
 * breaks. What is told meanwhile is lost: `heard` is called whenever it listens anew, and who must not miss anything
 * polls, too.
 */
export class Listener {
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #waitMs = FIRST_WAIT_MS;
  #closed = false;
  #isListening = false;
  readonly #first = Promise.withResolvers<void>();

  constructor(
    private readonly options: Omit<PoolOptions, 'connections'>,
    private readonly channel: string,
    private readonly heard: () => void,
    /** Name of a lock of the server that all who give it hold together, as long as they listen. */
    private readonly sharedLock?: string,
  ) {
    // Nobody has to ask.
    this.#first.promise.catch(() => undefined);
    void this.#listen();
  }

  /** Nothing is missed as long as it does. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** Answers when it listens for the first time. @throws Error of the connection, when that fails; it tries on. */
  get begun(): Promise<void> {
    return this.#first.promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    // One whose connection broke meanwhile may never say that it has ended.
    const ended = new Promise<void>(done => setTimeout(done, END_MS).unref());
    await Promise.race([this.#client?.end().catch(() => undefined), ended]);
  }

  async #listen(): Promise<void> {
    const client = new pg.Client(clientSettings(this.options));
    this.#client = client;
    let isOver = false;
    const over = () => {
      if (isOver) return;
      isOver = true;
      this.#isListening = false;
      this.#again();
      client.end().catch(() => undefined);
    };
    client.on('error', over).on('end', over);
    client.on('notification', () => this.heard());
    try {
      await client.connect();
      if (this.sharedLock !== undefined)
        await client.query('SELECT pg_advisory_lock_shared(hashtextextended($1, 0))', [this.sharedLock]);
      await client.query(`LISTEN ${this.channel}`);
      if (isOver) return;
      this.#first.resolve();
      this.#waitMs = FIRST_WAIT_MS;
      this.#isListening = true;
      this.heard();
    } catch (error) {
      this.#first.reject(error);
      over();
    }
  }

  #again(): void {
    if (this.#closed) return;
    // Not all processes at once, when the server is back.
    this.#timer = setTimeout(() => void this.#listen(), this.#waitMs * (0.5 + Math.random() / 2)).unref();
    this.#waitMs = Math.min(2 * this.#waitMs, LONGEST_WAIT_MS);
  }
}
