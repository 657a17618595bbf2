import type {
  BlobReference,
  BlobStore,
  Clock,
  EventFilter,
  EventStore,
  Page,
  RecordedEvent,
  StoreIdentity,
  StreamAppend,
} from '#domain';
import { StoreUnavailable } from '#domain';
import { UNFINISHED, withOrigin } from '../import-target.js';
import { serialise } from '../serialise.js';
import { StoreCannotBeOpened } from '../sqlite/database.js';
import type { Following } from '../tail.js';
import { BATCH, Tail } from '../tail.js';
import { Appender, requireAppendable } from './appending.js';
import { Blobs } from './blobs.js';
import { targetOf } from './connection-string.js';
import { Connection } from './connection.js';
import type { Counters, Health } from './counters.js';
import { noCounts } from './counters.js';
import { Identity } from './identity.js';
import { originIn } from './origin.js';
import { LiveFeed } from './live-feed.js';
import { backOffMs, pause } from './patience.js';
import { readAhead } from './read-ahead.js';
import { PositionUnknown, Reader, recorded } from './reading.js';
import { isReserved } from './reserved.js';
import { TimeIndex } from './time-index.js';

export interface KurrentDbOptions {
  /** `kurrentdb://user:password@host:2113?tls=true`, `kurrentdb+discover://…`; `esdb` stands for the same. */
  readonly connectionString: string;
  readonly clock: Pick<Clock, 'now'>;
  /** After this silence a call counts as lost. The server itself gives up a commit after 2 s, an election takes 5 s. */
  readonly deadlineMs?: number;
  /** So long calls are asked again before the caller is told. */
  readonly patienceMs?: number;
}

/** EventStoreDB from 23.10 on, and KurrentDB: on a cluster, shared by many processes. */
export class KurrentDbEventStore implements EventStore, BlobStore {
  readonly atomicAcrossStreams = false;
  readonly #reader: Reader;
  readonly #appender: Appender;
  readonly #blobs: Blobs;
  readonly #times: TimeIndex;
  readonly #tail: Tail;
  readonly #feed: LiveFeed;
  readonly #identities: Identity;
  readonly #puts = new Set<Promise<unknown>>();
  readonly #calls = new Set<Promise<unknown>>();
  readonly #end = new AbortController();
  #identity: StoreIdentity;
  #closing: Promise<void> | undefined;

  /**
   * Answers when the store has been reached.
   *
   * @throws ConnectionStringRefused · StoreCannotBeOpened where events are still being moved into it · StoreUnavailable ·
   *   OutcomeUnknown
   */
  static async connect(options: KurrentDbOptions): Promise<KurrentDbEventStore> {
    const { connectionString, deadlineMs = 6_000, patienceMs = 15_000 } = options;
    const counters = noCounts();
    const connection = new Connection(targetOf(connectionString), patienceMs, counters);
    const reader = new Reader(connection, deadlineMs, counters);
    const identities = new Identity(connection, reader, deadlineMs);
    try {
      const identity = await movedIdentity(await identities.openOrCreate(), reader);
      const parts = { connection, reader, identities, identity };
      return new KurrentDbEventStore({ ...parts, head: await reader.head(), deadlineMs, counters }, options.clock);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private constructor(
    private readonly parts: {
      readonly connection: Connection;
      readonly reader: Reader;
      readonly identities: Identity;
      readonly identity: StoreIdentity;
      readonly head: number;
      readonly deadlineMs: number;
      readonly counters: Counters;
    },
    clock: Pick<Clock, 'now'>,
  ) {
    const { connection, reader, head, deadlineMs, counters } = parts;
    this.#identity = parts.identity;
    this.#identities = parts.identities;
    this.#reader = reader;
    this.#blobs = new Blobs(connection, reader, deadlineMs);
    this.#times = new TimeIndex((after, limit) => reader.page(after, limit));
    this.#tail = new Tail(head, (after, limit, following) => this.#pageOnceThere(after, limit, following));
    this.#feed = new LiveFeed(connection, reader, this.#tail, head, deadlineMs, counters);
    this.#feed.start();
    this.#appender = new Appender(connection, reader, this.#feed, clock, deadlineMs, counters);
  }

  get identity(): StoreIdentity {
    return this.#identity;
  }

  get counters(): Readonly<Counters> {
    return { ...this.parts.counters };
  }

  get health(): Health {
    return { ...this.parts.connection.health, subscription: this.#feed.isUp ? 'up' : 'down' };
  }

  append(appends: readonly StreamAppend[]): Promise<readonly RecordedEvent[]> {
    return this.#asked(() => {
      const serialised = serialise(appends);
      requireAppendable(serialised);
      // Blobs that were asked for before have to be there first: the events may name them.
      const puts = [...this.#puts];
      return puts.length === 0
        ? this.#appender.append(serialised)
        : Promise.all(puts).then(() => this.#appender.append(serialised));
    });
  }

  readStream(stream: string, from = 0, limit = Number.MAX_SAFE_INTEGER): Promise<readonly RecordedEvent[]> {
    return this.#asked(async () =>
      stream === '' || isReserved(stream) ? [] : recorded(await this.#reader.stream(stream, Math.max(0, from), limit)),
    );
  }

  readStreamBackwards(stream: string, limit: number): Promise<readonly RecordedEvent[]> {
    return this.#asked(async () =>
      stream === '' || isReserved(stream) ? [] : recorded(await this.#reader.streamBackwards(stream, limit)),
    );
  }

  readAll(after: number, limit: number, filter?: EventFilter): Promise<Page> {
    return this.#asked(() => this.#reader.page(Math.max(0, after), limit, filter));
  }

  head(): Promise<number> {
    return this.#asked(() => this.#reader.head());
  }

  positionAt(instant: string): Promise<number> {
    return this.#asked(() => this.#times.positionAt(instant));
  }

  /** From the server until its head, then from memory: the one live subscription of the process feeds all followers. */
  async *subscribeToAll(after: number, options: Following = {}): AsyncGenerator<Page> {
    const { batchSize = BATCH, signal } = options;
    const read = readAhead((after, limit) => this.#pageOnceThere(after, limit, options));
    let position = Math.max(0, after);
    for (let atHead = false; !atHead;) {
      if (this.#closing || signal?.aborted) return;
      const page = await read(position, Math.max(1, batchSize));
      ({ position, atHead } = page);
      if (page.events.length > 0 || atHead) yield page;
    }
    yield* this.#tail.follow(position, options, { atHead: true, read });
  }

  put(content: Uint8Array): Promise<BlobReference> {
    const copy = Uint8Array.from(content);
    const putting = this.#asked(() => this.#blobs.put(copy));
    this.#puts.add(putting);
    const forget = () => this.#puts.delete(putting);
    putting.then(forget, forget);
    return putting;
  }

  get(reference: BlobReference): Promise<Uint8Array> {
    return this.#asked(() => this.#blobs.get(reference));
  }

  /** A restored backup: what clients remember of later positions must not be read as something else. */
  async beginGeneration(): Promise<void> {
    const next = await this.#asked(() => this.#identities.nextGeneration(this.#identity));
    this.#identity = { ...this.#identity, ...next };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#end.abort();
    this.#tail.end();
    this.parts.connection.windDown();
    await Promise.allSettled([...this.#calls]);
    await this.#feed.stop();
    await this.parts.connection.close();
  }

  /** Every call of the port comes through here: `close` waits for those that were asked before. */
  async #asked<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new StoreUnavailable('the event store is closed');
    const answer = call();
    this.#calls.add(answer);
    try {
      return await answer;
    } finally {
      this.#calls.delete(answer);
    }
  }

  /** The page, however long the store is away; an empty one when nobody waits for it any more. */
  async #pageOnceThere(after: number, limit: number, { filter, signal }: Following): Promise<Page> {
    const gone = AbortSignal.any([this.#end.signal, ...(signal ? [signal] : [])]);
    for (let failures = 0; !gone.aborted; failures++) {
      try {
        return await untilAborted(gone, this.#reader.page(after, limit, filter));
      } catch (error) {
        if (error instanceof PositionUnknown && !gone.aborted) throw error;
        await pause(backOffMs(failures), gone);
      }
    }
    return { events: [], position: after, atHead: false };
  }
}

/** @throws StoreCannotBeOpened */
const movedIdentity = async (identity: StoreIdentity, reader: Reader): Promise<StoreIdentity> => {
  const origin = await originIn(reader);
  if (origin && !origin.isComplete) throw new StoreCannotBeOpened(`The event store cannot be opened. ${UNFINISHED}`);
  return withOrigin(identity, origin);
};

const untilAborted = async <T>(signal: AbortSignal, answer: Promise<T>): Promise<T> => {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(new StoreUnavailable('nobody waits for it any more'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};
