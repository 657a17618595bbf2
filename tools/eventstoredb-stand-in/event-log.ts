import Database from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { prepareStatements } from './statements.js';

/** What an append brings. */
export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Buffer;
  readonly metadata: Buffer;
}

/** An event in its place. */
export interface LoggedEvent extends ProposedEvent {
  /** Of its record in the log, in bytes: increasing, with gaps. */
  readonly position: bigint;
  readonly stream: string;
  readonly revision: bigint;
  /** 100 ns since 1970. */
  readonly created: bigint;
}

/** What `$$stream` says of a stream. */
export interface StreamMetadata {
  readonly $tb?: number;
  readonly $maxCount?: number;
  readonly $maxAge?: number;
}

/** Where a stream stands. */
export interface StreamState {
  /** Of the last event, those no longer visible included; -1n when there has been none. */
  readonly last: bigint;
  readonly isTombstoned: boolean;
  readonly metadata: StreamMetadata;
}

/** A tombstone's revision, and the `$tb` of a stream that was deleted softly. */
export const END_OF_STREAM = 2n ** 63n - 1n;

/** A number in JSON cannot be told from END_OF_STREAM any closer than this. */
const isEndOfStream = (value: number | undefined): boolean => value !== undefined && value >= 2 ** 63 - 1024;

export const isSoftlyDeleted = ({ metadata }: StreamState): boolean => isEndOfStream(metadata.$tb);

const TICKS_PER_MS = 10_000n;
/** A record's size without names, types and contents, as seen: 105 to 117 bytes with 8 bytes of data. */
const RECORD_BYTES = 85;

type Job = { readonly run: () => () => void; readonly reject: (error: Error) => void };

/**
 * The server's log in an SQLite file. Writes of one turn of the event loop share a commit, which is on the disk before
 * any of them is answered.
 */
export class EventLog {
  readonly #database: Database.Database;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #listeners = new Set<() => void>();
  #jobs: Job[] = [];
  #end: bigint;
  #closed = false;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#database = new Database(join(folder, 'log.db'));
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = FULL');
    this.#statements = prepareStatements(this.#database);
    this.#end = (this.#statements.end.get() as bigint | undefined) ?? 0n;
    this.#begin();
  }

  /** Where the next record will be. */
  get end(): bigint {
    return this.#end;
  }

  /** @returns how to stop listening */
  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Runs the job in the next commit, after those that were asked for before. A job that throws must not have written
   * anything.
   */
  commit<T>(job: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Error('the log is closed'));
      const run = (): (() => void) => {
        const result = job();
        return () => resolve(result);
      };
      this.#jobs.push({ run, reject });
      if (this.#jobs.length === 1) setImmediate(() => this.#flush());
    });
  }

  /** Only inside of a job. @returns the last event's position */
  write(stream: string, events: readonly ProposedEvent[], revision = this.state(stream).last + 1n): bigint {
    const created = BigInt(Date.now()) * TICKS_PER_MS;
    let position = this.#end;
    for (const [index, { id, type, contentType, data, metadata }] of events.entries()) {
      position = this.#end;
      const at = revision + BigInt(index);
      this.#statements.insert.run(position, stream, at, id, type, contentType, created, data, metadata);
      this.#advance(RECORD_BYTES + Buffer.byteLength(stream) + type.length + data.length + metadata.length);
    }
    return position;
  }

  state(stream: string): StreamState {
    const last = (this.#statements.last.get(stream) as bigint | null) ?? -1n;
    const isTombstoned = last === END_OF_STREAM;
    return { last, isTombstoned, metadata: stream.startsWith('$$') ? { $maxCount: 1 } : this.#metadata(stream) };
  }

  /** The revision from which a stream's events are visible, apart from their age. */
  firstVisible({ last, metadata }: StreamState): bigint {
    const { $tb = 0, $maxCount } = metadata;
    const truncated = isEndOfStream($tb) ? END_OF_STREAM : BigInt($tb);
    const counted = $maxCount === undefined ? 0n : last - BigInt($maxCount) + 1n;
    return counted > truncated ? counted : truncated;
  }

  /** Visible or not. */
  at(stream: string, revision: bigint, limit: number): LoggedEvent[] {
    return this.#statements.forwards.all(stream, revision, limit) as LoggedEvent[];
  }

  /** Visible events, `from` included. */
  forwards(stream: string, from: bigint, limit: number): LoggedEvent[] {
    const state = this.state(stream);
    const first = this.firstVisible(state);
    return this.at(stream, from > first ? from : first, limit).filter(event => isYoung(event, state));
  }

  /** Visible events, `from` included. */
  backwards(stream: string, from: bigint, limit: number): LoggedEvent[] {
    const state = this.state(stream);
    const events = this.#statements.backwards.all(stream, from, this.firstVisible(state), limit) as LoggedEvent[];
    return events.filter(event => isYoung(event, state));
  }

  /** Of all streams, those no longer visible in theirs included. `from` is included. */
  allForwards(from: bigint, limit: number): LoggedEvent[] {
    return this.#statements.allForwards.all(from, limit) as LoggedEvent[];
  }

  /** `before` is not included. */
  allBackwards(before: bigint, limit: number): LoggedEvent[] {
    return this.#statements.allBackwards.all(before, limit) as LoggedEvent[];
  }

  /** Whether a record begins here, or the log has not come so far. */
  isBoundary(position: bigint): boolean {
    return position === 0n || position >= this.#end || this.#statements.isRecord.get({ position }) !== undefined;
  }

  /** The first place of the event in the stream. */
  revisionOf(stream: string, id: string): bigint | undefined {
    return (this.#statements.revisionOf.get(stream, id) as bigint | null) ?? undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#database.close();
  }

  /** Every start leaves a record of its own that no reader sees; the first also an event of the system's. */
  #begin(): void {
    const isNew = this.#end === 0n;
    this.#database.transaction(() => {
      this.#statements.mark.run(this.#end);
      this.#advance(isNew ? 548 : 217);
      const acl = Buffer.from('{"$acl":{"$r":"$ops"}}');
      if (isNew) this.write('$$$scavenges', [metadataEvent(acl)], 0n);
      this.#statements.setEnd.run(this.#end);
    })();
  }

  #advance(bytes: number): void {
    this.#end += BigInt(bytes);
  }

  #metadata(stream: string): StreamMetadata {
    const data = this.#statements.newestData.get(`$$${stream}`) as Buffer | undefined;
    try {
      return data ? (JSON.parse(data.toString()) as StreamMetadata) : {};
    } catch {
      return {};
    }
  }

  #flush(): void {
    const jobs = this.#jobs;
    if (jobs.length === 0) return;
    this.#jobs = [];
    const before = this.#end;
    const answers: (() => void)[] = [];
    try {
      this.#statements.begin.run();
      for (const job of jobs) answers.push(outcomeOf(job));
      this.#statements.setEnd.run(this.#end);
      this.#statements.commit.run();
    } catch (error) {
      if (this.#database.inTransaction) this.#statements.rollback.run();
      this.#end = before;
      for (const job of jobs) job.reject(error as Error);
      return;
    }
    for (const answer of answers) answer();
    if (this.#end > before) for (const listener of this.#listeners) listener();
  }
}

/** A refusal is an answer too; what SQLite throws concerns all that share the commit. */
const outcomeOf = (job: Job): (() => void) => {
  try {
    return job.run();
  } catch (error) {
    if (error instanceof Database.SqliteError) throw error;
    return () => job.reject(error as Error);
  }
};

const isYoung = ({ created }: LoggedEvent, { metadata: { $maxAge } }: StreamState): boolean =>
  $maxAge === undefined || Number(created / TICKS_PER_MS) >= Date.now() - $maxAge * 1000;

/** Metadata of a stream, as the server writes it itself. */
export const metadataEvent = (data: Buffer): ProposedEvent => ({
  id: randomUUID(),
  type: '$metadata',
  contentType: 'application/json',
  data,
  metadata: Buffer.alloc(0),
});
