import { createHash } from 'node:crypto';
import type {
  BlobReference,
  BlobStore,
  EventFilter,
  EventStore,
  Page,
  RecordedEvent,
  StoreIdentity,
  StreamAppend,
} from '#domain';
import { BlobMissing, msOf, StoreUnavailable } from '#domain';
import type { Pool, Query } from '#postgres';
import { ask, DatabaseUnusable, explained, Listener, migrate, openPool } from '#postgres';
import type { Origin } from '../import-target.js';
import { UNFINISHED, withOrigin } from '../import-target.js';
import type { Row } from '../sqlite/recorded.js';
import { recordedEvent } from '../sqlite/recorded.js';
import { StoreCannotBeOpened } from '../sqlite/database.js';
import type { Following } from '../tail.js';
import { Tail } from '../tail.js';
import { serialiseText } from './batch.js';
import { CHANNEL, migrations, SCHEMA } from './schema.js';
import * as sql from './statements.js';
import { IN_FLIGHT, Writer } from './writer.js';

const POLL_MS = 1_000;
const PAGE = 500;
const READING_CONNECTIONS = 4;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

export interface PostgresEventStoreOptions {
  /** `postgres://user:password@host:port/database`. The tables live in a schema of their own. */
  readonly url: string;
  /** How long a commit of another process may go unnoticed where a notification was lost. */
  readonly pollMs?: number;
}

/**
 * An event store that many processes share. Appends are transactions, the order of positions is the order of commits,
 * and times are those of the server's clock. Connections that break are made again; what was asked for meanwhile is
 * refused or of unknown outcome, in the words of the port.
 */
export class PostgresEventStore implements EventStore, BlobStore {
  readonly atomicAcrossStreams = true;
  readonly #writing: Pool;
  readonly #reading: Pool;
  readonly #writer: Writer;
  readonly #tail: Tail;
  readonly #listener: Listener;
  readonly #poll: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #puts = new Set<Promise<unknown>>();
  #catchingUp: Promise<void> | undefined;
  #isBehind = false;
  #refusal: StoreUnavailable | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Makes or migrates the schema where it must.
   *
   * @throws StoreCannotBeOpened
   */
  static async open(options: PostgresEventStoreOptions): Promise<PostgresEventStore> {
    const pools = poolsFor(options);
    try {
      await migrate(pools.reading, SCHEMA, migrations);
      const { rows: identities } = await pools.reading.query(sql.statements.identity);
      const { rows: heads } = await pools.reading.query(sql.statements.head);
      const { rows: origins } = await pools.reading.query(sql.statements.origin);
      const [origin] = origins as Origin[];
      if (origin && !origin.isComplete) throw new DatabaseUnusable(UNFINISHED);
      const identity = withOrigin((identities as [StoreIdentity])[0], origin);
      const [{ position }] = heads as [{ position: number }];
      return new PostgresEventStore(options, pools, identity, position);
    } catch (cause) {
      await Promise.all([pools.writing.end(), pools.reading.end()]);
      const reason = cause instanceof DatabaseUnusable ? cause.message : `PostgreSQL answers: ${explained(cause)}.`;
      throw new StoreCannotBeOpened(`The event store cannot be opened. ${reason}`, { cause });
    }
  }

  private constructor(
    { url, pollMs = POLL_MS }: PostgresEventStoreOptions,
    { writing, reading }: { readonly writing: Pool; readonly reading: Pool },
    readonly identity: StoreIdentity,
    head: number,
  ) {
    this.#writing = writing;
    this.#reading = reading;
    this.#tail = new Tail(head, (after, limit, options) => this.#pageForFollower(after, limit, options));
    this.#writer = new Writer({
      pool: writing,
      readPlaces: (...places) => this.#events(sql.statements.places, places),
      committed: (after, events) => this.#committed(after, events),
    });
    const news = () => void this.#catchUp().catch(() => undefined);
    this.#listener = new Listener({ url, name: 'ferrolog events: listener' }, CHANNEL, news);
    this.#poll = setInterval(news, pollMs).unref();
  }

  append(appends: readonly StreamAppend[]): Promise<readonly RecordedEvent[]> {
    return this.#do(() => {
      const serialised = serialiseText(appends);
      if (serialised.length === 0) return Promise.resolve([]);
      if (this.#puts.size === 0) return this.#writer.write(serialised);
      // The events may be of blobs that are still on their way: those come first.
      return Promise.all(this.#puts).then(() => this.#writer.write(serialised));
    });
  }

  put(content: Uint8Array): Promise<BlobReference> {
    return this.#do(async () => {
      const hash = createHash('sha256').update(content).digest('hex');
      const putting = this.#ask(this.#writing, { ...sql.statements.putBlob, values: [hash, Buffer.from(content)] });
      this.#puts.add(putting);
      await putting.finally(() => this.#puts.delete(putting));
      return { $blob: hash, sizeBytes: content.byteLength };
    });
  }

  get({ $blob }: BlobReference): Promise<Uint8Array> {
    return this.#do(async () => {
      const [row] = await this.#rows<{ content: Uint8Array }>({ ...sql.statements.blob, values: [$blob] });
      if (!row) throw new BlobMissing(`there is no blob ${$blob}`);
      return row.content;
    });
  }

  readStream(stream: string, from = 0, limit = Number.MAX_SAFE_INTEGER): Promise<readonly RecordedEvent[]> {
    return this.#do(() => this.#events(sql.statements.stream, [stream, from, limit]));
  }

  readStreamBackwards(stream: string, limit: number): Promise<readonly RecordedEvent[]> {
    return this.#do(() => this.#events(sql.statements.streamBackwards, [stream, limit]));
  }

  readAll(after: number, limit: number, filter?: EventFilter): Promise<Page> {
    return this.#do(async () => {
      const { events, position, atHead } = await this.#page(after, limit, filter);
      return { events, position, atHead };
    });
  }

  head(): Promise<number> {
    return this.#do(async () => (await this.#rows<{ position: number }>(sql.statements.head))[0]!.position);
  }

  positionAt(instant: string): Promise<number> {
    return this.#do(async () => {
      const query = { ...sql.statements.positionAt, values: [msOf(instant)] };
      return (await this.#rows<{ position: number }>(query))[0]!.position;
    });
  }

  async *subscribeToAll(after: number, options: Following = {}): AsyncGenerator<Page> {
    // What others wrote before this was called counts: the first "at head" is not of an earlier head.
    await this.#untilAnswered(() => this.#catchUp(), options.signal);
    yield* this.#tail.follow(after, options);
  }

  /** A restored backup: what clients remember of later positions must not be read as something else. */
  async beginGeneration(): Promise<void> {
    const [row] = await this.#do(() => this.#rows<{ generation: number }>(sql.statements.beginGeneration));
    (this.identity as { generation: number }).generation = row!.generation;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    clearInterval(this.#poll);
    await Promise.allSettled(this.#underWay);
    this.#tail.end();
    await this.#listener.close();
    await Promise.all([this.#writing.end(), this.#reading.end()]);
  }

  /** Everything that is asked for, until it is closed; what is under way then is waited for. */
  async #do<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new StoreUnavailable('the event store is closed');
    if (this.#refusal) throw this.#refusal;
    const doing = (async () => operation())();
    this.#underWay.add(doing);
    return doing.finally(() => this.#underWay.delete(doing));
  }

  #committed(after: number, events: readonly RecordedEvent[]): void {
    // What is ours need not be read again, unless others wrote in between.
    if (after === this.#tail.head) this.#tail.add(events, events.at(-1)!.position);
    else void this.#catchUp().catch(() => undefined);
  }

  /** Tells the followers of this process all that was committed before this was called. */
  #catchUp(): Promise<void> {
    this.#isBehind = true;
    return (this.#catchingUp ??= this.#readOn());
  }

  async #readOn(): Promise<void> {
    try {
      while (this.#isBehind && !this.#closing) {
        this.#isBehind = false;
        const before = this.#tail.head;
        const { events, position, atHead, head } = await this.#page(before, PAGE);
        if (head < before) return this.#refuse(head, before);
        // Commits of our own may have been told meanwhile.
        const news = events.filter(event => event.position > this.#tail.head);
        if (news.length > 0) this.#tail.add(news, position);
        if (!atHead) this.#isBehind = true;
      }
    } finally {
      this.#catchingUp = undefined;
    }
  }

  /** A fail-over to a server that had not got everything, or a restored backup: our positions mean something else. */
  #refuse(head: number, before: number): void {
    this.#refusal = new StoreUnavailable(
      `the event store went back from position ${before} to ${head}: stop every process, run "ferrolog after-restore", and start them again`,
    );
    this.#tail.end();
  }

  async #page(after: number, limit: number, filter?: EventFilter): Promise<Page & { readonly head: number }> {
    const from = Math.max(after, 0);
    const rows = await this.#rows<Row & { head: number }>(sql.page(from, Math.max(limit, 1), filter));
    const { head, position: first } = rows[0]!;
    const position = Math.max(from, Math.min(from + limit, head));
    const events = first === null ? [] : rows.map(row => recordedEvent(row));
    return { events, position, atHead: position >= head, head };
  }

  #pageForFollower(after: number, limit: number, { filter, signal }: Following): Promise<Page> {
    const nothing = { events: [], position: after, atHead: false };
    return this.#untilAnswered(() => this.#page(after, limit, filter), signal).then(page => page ?? nothing);
  }

  /** Followers wait for a server that is away, as long as anybody follows. */
  async #untilAnswered<T>(question: () => Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
    for (let waitMs = FIRST_WAIT_MS; !this.#closing && !signal?.aborted; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS))
      try {
        return await question();
      } catch {
        await pause(waitMs);
      }
    return undefined;
  }

  async #events(query: Query, values: unknown[]): Promise<RecordedEvent[]> {
    return (await this.#rows<Row>({ ...query, values })).map(row => recordedEvent(row));
  }

  #rows<T>(query: Query): Promise<T[]> {
    return this.#ask<T>(this.#reading, query);
  }

  async #ask<T>(pool: Pool, query: Query): Promise<T[]> {
    try {
      return await ask<T>(pool, query, () => this.#closing !== undefined);
    } catch (cause) {
      throw new StoreUnavailable(`the event store does not answer: ${explained(cause)}`, { cause });
    }
  }
}

const poolsFor = ({ url }: PostgresEventStoreOptions): { writing: Pool; reading: Pool } => {
  try {
    return {
      // One more than there are commits under way, for blobs.
      writing: openPool({ url, name: 'ferrolog events: writer', connections: IN_FLIGHT + 1 }),
      reading: openPool({ url, name: 'ferrolog events: reader', connections: READING_CONNECTIONS }),
    };
  } catch (error) {
    throw new StoreCannotBeOpened(`The event store cannot be opened: ${(error as Error).message}.`);
  }
};

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));
