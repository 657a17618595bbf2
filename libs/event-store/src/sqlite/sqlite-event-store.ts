import type Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import type {
  BlobReference,
  BlobStore,
  Clock,
  EventFilter,
  EventStore,
  ExpectedRevision,
  NewEvent,
  Page,
  RecordedEvent,
  StoreIdentity,
  StreamAppend,
} from '#domain';
import {
  BlobMissing,
  EventTooLarge,
  isoOf,
  MAX_EVENT_BYTES,
  msOf,
  StoreUnavailable,
  WrongExpectedRevision,
} from '#domain';
import { Tail } from '../tail.js';
import { passes } from '../filter.js';
import { openDatabase } from './database.js';
import type { Row } from './recorded.js';
import { StoredEvent } from './recorded.js';

/** Where a stream stands: its row, and the revision of its last event. */
interface StreamPlace {
  readonly id: number;
  revision: number;
}

type Job =
  | {
      readonly kind: 'append';
      readonly appends: readonly Serialised[];
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

interface Serialised {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly { readonly event: NewEvent; readonly data: string; readonly metadata: string }[];
}

/** Streams whose place is remembered, so that an append does not have to look it up. */
const REMEMBERED_STREAMS = 20_000;

export interface SqliteEventStoreOptions {
  readonly path: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Called in the commit's own turn, before anybody who waits for the append is told. */
  readonly onCommit?: (events: readonly RecordedEvent[]) => void;
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
  readonly #streams = new Map<string, StreamPlace>();
  readonly #types = new Map<string, number>();
  readonly #statements: ReturnType<typeof prepare>;
  readonly #tail: Tail;
  #jobs: Job[] = [];
  #head: number;
  #recorded: number;
  #closed = false;

  constructor({ path, clock, onCommit }: SqliteEventStoreOptions) {
    const { database, identity } = openDatabase(path);
    this.#database = database;
    this.identity = identity;
    this.#clock = clock;
    this.#statements = prepare(database);
    for (const { id, name } of this.#statements.types.all() as { id: number; name: string }[])
      this.#types.set(name, id);
    const last = this.#statements.last.get() as { position: number; recorded: number } | undefined;
    this.#head = last?.position ?? 0;
    this.#recorded = last?.recorded ?? 0;
    this.#tail = new Tail(this.#head, (after, limit) => this.pageOf(after, limit));
    if (onCommit) this.onCommit(onCommit);
  }

  /** In the commit's own turn, in order of registration. The listener must not throw. */
  onCommit(listener: (events: readonly RecordedEvent[]) => void): void {
    this.#listeners.add(listener);
  }

  append(appends: readonly StreamAppend[]): Promise<readonly RecordedEvent[]> {
    let serialised: Serialised[];
    try {
      serialised = appends.map(serialise);
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
    const content = this.#statements.blob.pluck().get(hash) as Uint8Array | undefined;
    if (!content) throw new BlobMissing(`there is no blob ${hash}`);
    return content;
  }

  async readStream(stream: string, from = 0, limit = Number.MAX_SAFE_INTEGER): Promise<readonly RecordedEvent[]> {
    return this.streamOf(stream, from, limit);
  }

  /** The same without waiting: SQLite answers in the call. */
  streamOf(stream: string, from = 0, limit = Number.MAX_SAFE_INTEGER): RecordedEvent[] {
    const place = this.#place(stream);
    return place ? this.#rows(this.#statements.stream.all(place.id, from, limit), stream) : [];
  }

  async readStreamBackwards(stream: string, limit: number): Promise<readonly RecordedEvent[]> {
    const place = this.#place(stream);
    return place ? this.#rows(this.#statements.streamBackwards.all(place.id, limit), stream) : [];
  }

  async readAll(after: number, limit: number, filter?: EventFilter): Promise<Page> {
    const page = this.pageOf(after, limit);
    return filter ? { ...page, events: page.events.filter(event => passes(event, filter)) } : page;
  }

  async head(): Promise<number> {
    return this.#head;
  }

  /** Recorded times never fall here, so halving finds it. */
  async positionAt(instant: string): Promise<number> {
    const time = msOf(instant);
    let low = 0;
    let high = this.#head;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const row = this.#statements.recordedAt.get(middle) as { recorded: number } | undefined;
      if (row && row.recorded <= time) low = middle;
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
    this.#statements.setGeneration.run(String(next));
    (this.identity as { generation: number }).generation = next;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#tail.end();
    this.#database.pragma('optimize');
    this.#database.close();
  }

  #enqueue(job: Job): void {
    if (this.#closed) return job.reject(new StoreUnavailable('the event store is closed'));
    this.#jobs.push(job);
    if (this.#jobs.length === 1) setImmediate(() => this.#flush());
  }

  /** One commit for everything that was asked for since the last one. */
  #flush(): void {
    const jobs = this.#jobs;
    if (jobs.length === 0) return;
    this.#jobs = [];
    const { head, recorded } = { head: this.#head, recorded: this.#recorded };
    const committed: RecordedEvent[] = [];
    const answers: (() => void)[] = [];
    try {
      this.#statements.begin.run();
      this.#recorded = Math.max(this.#recorded, this.#clock.now());
      for (const job of jobs) answers.push(this.#do(job, committed));
      this.#statements.commit.run();
    } catch (error) {
      if (this.#database.inTransaction) this.#statements.rollback.run();
      // What was remembered may be of rows that are not there.
      this.#streams.clear();
      this.#types.clear();
      for (const { id, name } of this.#statements.types.all() as { id: number; name: string }[])
        this.#types.set(name, id);
      this.#head = head;
      this.#recorded = recorded;
      const unavailable = new StoreUnavailable(`the event store takes nothing: ${(error as Error).message}`, {
        cause: error,
      });
      for (const job of jobs) job.reject(unavailable);
      return;
    }
    if (committed.length > 0) {
      for (const listener of this.#listeners) listener(committed);
      this.#tail.add(committed, this.#head);
    }
    for (const answer of answers) answer();
  }

  #do(job: Job, committed: RecordedEvent[]): () => void {
    if (job.kind === 'blob') {
      this.#statements.putBlob.run(job.hash, job.content);
      return () => job.resolve();
    }
    const outcome = this.#append(job.appends);
    if (outcome instanceof Error) return () => job.reject(outcome);
    committed.push(...outcome.written);
    return () => job.resolve(outcome.events);
  }

  /** All streams are looked at before the first is written to: a refusal leaves nothing behind. */
  #append(
    appends: readonly Serialised[],
  ): { events: RecordedEvent[]; written: RecordedEvent[] } | WrongExpectedRevision {
    const repeated = new Map<Serialised, RecordedEvent[]>();
    for (const append of appends) {
      const actual = this.#place(append.stream)?.revision ?? -1;
      const expected = append.expected === 'no stream' ? -1 : append.expected;
      if (actual === expected) continue;
      const before = this.#alreadyThere(append, expected);
      if (!before)
        return new WrongExpectedRevision(append.stream, append.expected, actual === -1 ? 'no stream' : actual);
      repeated.set(append, before);
    }
    const written: RecordedEvent[] = [];
    const events = appends.flatMap(append => {
      const before = repeated.get(append);
      if (before) return before;
      const now = this.#write(append);
      written.push(...now);
      return now;
    });
    return { events, written };
  }

  /** The same events at the same place: an append whose answer was lost. */
  #alreadyThere({ stream, events }: Serialised, expected: number): RecordedEvent[] | undefined {
    const there = this.streamOf(stream, expected + 1, events.length);
    return there.length === events.length && there.every(({ id }, index) => id === events[index]!.event.id)
      ? there
      : undefined;
  }

  #write({ stream, events }: Serialised): RecordedEvent[] {
    const place = this.#place(stream) ?? this.#newStream(stream);
    const recorded = isoOf(this.#recorded);
    return events.map(({ event, data, metadata }) => {
      const position = ++this.#head;
      const revision = ++place.revision;
      this.#statements.insert.run(
        position,
        place.id,
        revision,
        event.id,
        this.#typeId(event.type),
        this.#recorded,
        data,
        metadata,
      );
      return { ...event, stream, revision, position, recorded };
    });
  }

  #place(stream: string): StreamPlace | undefined {
    const known = this.#streams.get(stream);
    if (known) return known;
    const row = this.#statements.place.get(stream) as { id: number; revision: number | null } | undefined;
    return row && this.#remember(stream, { id: row.id, revision: row.revision ?? -1 });
  }

  #newStream(stream: string): StreamPlace {
    const { lastInsertRowid } = this.#statements.newStream.run(stream);
    return this.#remember(stream, { id: Number(lastInsertRowid), revision: -1 });
  }

  #remember(stream: string, place: StreamPlace): StreamPlace {
    if (this.#streams.size >= REMEMBERED_STREAMS) this.#streams.delete(this.#streams.keys().next().value!);
    this.#streams.set(stream, place);
    return place;
  }

  #typeId(type: string): number {
    let id = this.#types.get(type);
    if (id === undefined) {
      id = Number(this.#statements.newType.run(type).lastInsertRowid);
      this.#types.set(type, id);
    }
    return id;
  }

  /** The same without waiting: SQLite answers in the call. */
  pageOf(after: number, limit: number): Page {
    const events = this.#rows(this.#statements.all.all(after, limit));
    const position = events.at(-1)?.position ?? Math.max(after, 0);
    return { events, position, atHead: position >= this.#head };
  }

  #rows(rows: unknown[], stream?: string): StoredEvent[] {
    return (rows as Row[]).map(row => new StoredEvent(stream === undefined ? row : { ...row, stream }));
  }
}

const serialise = ({ stream, expected, events }: StreamAppend): Serialised => ({
  stream,
  expected,
  events: events.map(event => {
    const data = JSON.stringify(event.data);
    const sizeBytes = Buffer.byteLength(data);
    if (sizeBytes > MAX_EVENT_BYTES) throw new EventTooLarge(event.type, sizeBytes);
    return { event, data, metadata: JSON.stringify(event.metadata) };
  }),
});

const prepare = (database: Database.Database) => {
  const columns = 'e.position, e.revision, e.id, t.name AS type, e.recorded, e.data, e.metadata';
  const joined = 'FROM events e JOIN event_types t ON t.id = e.type';
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
    last: database.prepare('SELECT position, recorded FROM events ORDER BY position DESC LIMIT 1'),
    recordedAt: database.prepare('SELECT recorded FROM events WHERE position = ?'),
    types: database.prepare('SELECT id, name FROM event_types'),
    newType: database.prepare('INSERT INTO event_types (name) VALUES (?)'),
    newStream: database.prepare('INSERT INTO streams (name) VALUES (?)'),
    place: database.prepare(
      'SELECT s.id, (SELECT max(revision) FROM events e WHERE e.stream = s.id) AS revision FROM streams s WHERE s.name = ?',
    ),
    insert: database.prepare(
      'INSERT INTO events (position, stream, revision, id, type, recorded, data, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    stream: database.prepare(
      `SELECT ${columns} ${joined} WHERE e.stream = ? AND e.revision >= ? ORDER BY e.revision LIMIT ?`,
    ),
    streamBackwards: database.prepare(
      `SELECT ${columns} ${joined} WHERE e.stream = ? ORDER BY e.revision DESC LIMIT ?`,
    ),
    all: database.prepare(
      `SELECT ${columns}, s.name AS stream ${joined} JOIN streams s ON s.id = e.stream WHERE e.position > ? ORDER BY e.position LIMIT ?`,
    ),
    blob: database.prepare('SELECT content FROM blobs WHERE hash = ?'),
    putBlob: database.prepare('INSERT OR IGNORE INTO blobs (hash, content) VALUES (?, ?)'),
    setGeneration: database.prepare(`UPDATE store SET value = ? WHERE key = 'generation'`),
  };
};
