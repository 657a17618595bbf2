import type Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
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
import { BlobMissing, LatestUsed, msOf, OutcomeUnknown, StoreUnavailable, WrongExpectedRevision } from '#domain';
import { passes } from '../filter.js';
import type { SerialisedAppend } from '../serialise.js';
import { serialise } from '../serialise.js';
import { Tail } from '../tail.js';
import { openDatabase } from './database.js';
import type { Row } from './recorded.js';
import { recordedEvent } from './recorded.js';
import { prepareStatements } from './statements.js';

/** Where a stream stands: its row, and the revision of its last event. One that is not there yet has no row, and -1. */
interface StreamPlace {
  id: number | undefined;
  revision: number;
}

type Job =
  | {
      readonly kind: 'append';
      readonly appends: readonly SerialisedAppend[];
      resolve(events: RecordedEvent[]): void;
      reject(error: Error): void;
    }
  | {
      readonly kind: 'blob';
      readonly hash: string;
      readonly content: Uint8Array;
      resolve(): void;
      reject(error: Error): void;
    };

/** Streams whose place is remembered, so that an append does not have to look it up. */
const REMEMBERED_STREAMS = 10_000;

export interface SqliteEventStoreOptions {
  readonly path: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Sees the connection before it is used: tests take the disk's room away with it. */
  readonly prepareDatabase?: (database: Database.Database) => void;
}

/**
 * The embedded default: one file, one writer, every commit on the disk before it is acknowledged. Appends of one turn
 * of the event loop share a commit.
 */
export class SqliteEventStore implements EventStore, BlobStore {
  readonly atomicAcrossStreams = true;
  readonly identity: StoreIdentity;
  readonly #database: Database.Database;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #listeners = new Set<(events: readonly RecordedEvent[]) => void>();
  readonly #streams = new LatestUsed<StreamPlace>(REMEMBERED_STREAMS);
  readonly #types = new Map<string, number>();
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #tail: Tail;
  #jobs: Job[] = [];
  #head: number;
  #recorded: number;
  #closed = false;

  constructor({ path, clock, prepareDatabase }: SqliteEventStoreOptions) {
    const { database, identity } = openDatabase(path);
    prepareDatabase?.(database);
    this.#database = database;
    this.identity = identity;
    this.#clock = clock;
    this.#statements = prepareStatements(database);
    const last = this.#statements.last.get() as { position: number; recorded: number } | undefined;
    this.#head = last?.position ?? 0;
    this.#recorded = last?.recorded ?? 0;
    this.#tail = new Tail(this.#head, (after, limit) => this.pageOf(after, limit));
  }

  /** In the commit's own turn, in order of registration. The listener must not throw. */
  onCommit(listener: (events: readonly RecordedEvent[]) => void): void {
    this.#listeners.add(listener);
  }

  append(appends: readonly StreamAppend[]): Promise<readonly RecordedEvent[]> {
    let serialised: SerialisedAppend[];
    try {
      serialised = serialise(appends);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    return new Promise((resolve, reject) => this.#enqueue({ kind: 'append', appends: serialised, resolve, reject }));
  }

  async put(content: Uint8Array): Promise<BlobReference> {
    const hash = createHash('sha256').update(content).digest('hex');
    await new Promise<void>((resolve, reject) => this.#enqueue({ kind: 'blob', hash, content, resolve, reject }));
    return { $blob: hash, sizeBytes: content.byteLength };
  }

  async get({ $blob }: BlobReference): Promise<Uint8Array> {
    return this.blob($blob);
  }

  /** The same without waiting: SQLite answers in the call. */
  blob(hash: string): Uint8Array {
    const content = this.#sql.blob.get(hash) as Uint8Array | undefined;
    if (!content) throw new BlobMissing(`there is no blob ${hash}`);
    return content;
  }

  async readStream(stream: string, from = 0, limit = Number.MAX_SAFE_INTEGER): Promise<readonly RecordedEvent[]> {
    return this.streamOf(stream, from, limit);
  }

  /** The same without waiting: SQLite answers in the call. */
  streamOf(stream: string, from = 0, limit = Number.MAX_SAFE_INTEGER): RecordedEvent[] {
    const { id, revision } = this.#place(stream);
    // Most who read know all of it already, and ask whether there is more.
    return id === undefined || revision < from ? [] : this.#rows(this.#sql.stream.all(id, from, limit), stream);
  }

  async readStreamBackwards(stream: string, limit: number): Promise<readonly RecordedEvent[]> {
    const { id } = this.#place(stream);
    return id === undefined ? [] : this.#rows(this.#sql.streamBackwards.all(id, limit), stream);
  }

  async readAll(after: number, limit: number, filter?: EventFilter): Promise<Page> {
    const page = this.pageOf(after, limit);
    return filter ? { ...page, events: page.events.filter(event => passes(event, filter)) } : page;
  }

  async head(): Promise<number> {
    if (this.#closed) throw closed();
    return this.#head;
  }

  /** Recorded times never fall here, so halving finds it. */
  async positionAt(instant: string): Promise<number> {
    const time = msOf(instant);
    let low = 0;
    let high = this.#head;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const recorded = this.#sql.recordedUpTo.get(middle) as number | undefined;
      if ((recorded ?? -Infinity) <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  subscribeToAll(
    after: number,
    options: { filter?: EventFilter; batchSize?: number; signal?: AbortSignal } = {},
  ): AsyncIterable<Page> {
    return this.#tail.follow(after, options);
  }

  /** A restored backup: what clients remember of later positions must not be read as something else. */
  beginGeneration(): void {
    const next = this.identity.generation + 1;
    this.#sql.setGeneration.run(String(next));
    (this.identity as { generation: number }).generation = next;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#tail.end();
    this.#database.close();
  }

  get #sql() {
    if (this.#closed) throw closed();
    return this.#statements;
  }

  #enqueue(job: Job): void {
    if (this.#closed) return job.reject(closed());
    this.#jobs.push(job);
    if (this.#jobs.length === 1) setImmediate(() => this.#flush());
  }

  /** One commit for everything that was asked for since the last one. */
  #flush(): void {
    const jobs = this.#jobs;
    if (jobs.length === 0) return;
    this.#jobs = [];
    const before = { head: this.#head, recorded: this.#recorded };
    const committed: RecordedEvent[] = [];
    const answers: (() => void)[] = [];
    let isCommitting = false;
    try {
      this.#statements.begin.run();
      this.#recorded = Math.max(this.#recorded, this.#clock.now());
      for (const job of jobs) answers.push(this.#do(job, committed));
      isCommitting = true;
      this.#statements.commit.run();
    } catch (error) {
      this.#undo(before);
      const refusal = isCommitting ? refusedCommit(error) : unavailable(error);
      for (const job of jobs) job.reject(refusal);
      return;
    }
    if (committed.length > 0) {
      for (const listener of this.#listeners) listener(committed);
      this.#tail.add(committed, this.#head);
    }
    for (const answer of answers) answer();
  }

  /** Back to what is in the file: what was remembered may be of rows that are not there. */
  #undo({ head, recorded }: { readonly head: number; readonly recorded: number }): void {
    if (this.#database.inTransaction) this.#statements.rollback.run();
    this.#streams.clear();
    this.#types.clear();
    this.#head = head;
    this.#recorded = recorded;
  }

  #do(job: Job, committed: RecordedEvent[]): () => void {
    if (job.kind === 'blob') {
      this.#statements.putBlob.run(job.hash, job.content);
      return () => job.resolve();
    }
    const events = this.#append(job.appends, committed);
    return () => (events instanceof Error ? job.reject(events) : job.resolve(events));
  }

  /** All streams are looked at before the first is written to: a refusal leaves nothing behind. */
  #append(appends: readonly SerialisedAppend[], committed: RecordedEvent[]): RecordedEvent[] | WrongExpectedRevision {
    const there = new Map<SerialisedAppend, RecordedEvent[]>();
    for (const append of appends) {
      const actual = this.#place(append.stream).revision;
      if (actual === append.expected) continue;
      const before = this.#alreadyThere(append);
      if (!before) return new WrongExpectedRevision(append.stream, named(append.expected), named(actual));
      there.set(append, before);
    }
    return appends.flatMap(append => there.get(append) ?? this.#write(append, committed));
  }

  /** The same events at the same place: an append whose answer was lost. */
  #alreadyThere({ stream, expected, events }: SerialisedAppend): RecordedEvent[] | undefined {
    const there = this.streamOf(stream, expected + 1, events.length);
    return there.length === events.length && there.every(({ id }, index) => id === events[index]!.id)
      ? there
      : undefined;
  }

  #write({ stream, events }: SerialisedAppend, committed: RecordedEvent[]): RecordedEvent[] {
    const place = this.#place(stream);
    const row = (place.id ??= Number(this.#statements.newStream.run(stream).lastInsertRowid));
    const recorded = this.#recorded;
    return events.map(({ id, type, data, metadata }) => {
      const position = ++this.#head;
      const revision = ++place.revision;
      this.#statements.insert.run(position, row, revision, id, this.#typeId(type), recorded, data, metadata);
      // What is told now is what will be read later: made of the same text.
      const event = recordedEvent({ position, stream, revision, id, type, recorded, data, metadata });
      committed.push(event);
      return event;
    });
  }

  /** Remembered of streams that are not there, too: they are asked for before they are made. This is the only writer. */
  #place(stream: string): StreamPlace {
    if (this.#closed) throw closed();
    const known = this.#streams.get(stream);
    if (known) return known;
    const row = this.#statements.place.get(stream) as { id: number; revision: number | null } | undefined;
    const place = { id: row?.id, revision: row?.revision ?? -1 };
    this.#streams.set(stream, place);
    return place;
  }

  #typeId(type: string): number {
    const known = this.#types.get(type) ?? (this.#statements.type.get(type) as number | undefined);
    const id = known ?? Number(this.#statements.newType.run(type).lastInsertRowid);
    this.#types.set(type, id);
    return id;
  }

  /** The same without waiting: SQLite answers in the call. */
  pageOf(after: number, limit: number): Page {
    const events = this.#rows(this.#sql.all.all(after, limit));
    const position = events.at(-1)?.position ?? Math.max(after, 0);
    return { events, position, atHead: position >= this.#head };
  }

  #rows(rows: unknown[], stream?: string): RecordedEvent[] {
    return (rows as Row[]).map(row => recordedEvent(stream === undefined ? row : { ...row, stream }));
  }
}

const named = (revision: number) => (revision < 0 ? 'no stream' : revision);

const closed = (): StoreUnavailable => new StoreUnavailable('the event store is closed');

const unavailable = (cause: unknown): Error =>
  new StoreUnavailable(`the event store takes nothing: ${(cause as Error).message}`, { cause });

/** When the disk fails in the middle of it, the commit may be in the log and come to life with the next start. */
const refusedCommit = (cause: unknown): Error =>
  String((cause as { code?: string }).code).startsWith('SQLITE_IOERR')
    ? new OutcomeUnknown(`nobody knows whether the event store took it: ${(cause as Error).message}`, { cause })
    : unavailable(cause);
