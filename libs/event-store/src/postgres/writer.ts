import type { RecordedEvent } from '#domain';
import { InvalidAppend, OutcomeUnknown, StoreUnavailable, WrongExpectedRevision } from '#domain';
import type { Pool } from '#postgres';
import { explained, isOfItsContent, isRefusal } from '#postgres';
import type { SerialisedAppend } from '../serialise.js';
import type { Job } from './batch.js';
import { missing, parametersOf, takeBatch, written } from './batch.js';
import { statements } from './statements.js';

/** While one commit waits for the disk, the next is on its way to the server; more would only wait for each other. */
export const IN_FLIGHT = 2;

export interface WriterOptions {
  readonly pool: Pool;
  /** The events at these places, as far as there are some: to find out what an earlier call had written. */
  readonly readPlaces: (streams: readonly string[], revisions: readonly number[]) => Promise<readonly RecordedEvent[]>;
  /** A commit of ours: its events follow the position `after`. Called before whoever waits is answered. */
  readonly committed: (after: number, events: readonly RecordedEvent[]) => void;
}

interface Answer {
  readonly head: number;
  readonly at: number;
  /** Where the streams stood, when one of them was not where it was expected: nothing was written then. */
  readonly actual: readonly number[];
}

/** Streams whose newest revision is remembered. */
const REMEMBERED_STREAMS = 20_000;

/** Calls of one turn of the event loop, and those that come while a commit is under way, share a transaction. */
export class Writer {
  #queue: Job[] = [];
  #busy = new Set<string>();
  /** Revisions that streams have reached: they never fall. */
  readonly #reached = new Map<string, number>();
  #inFlight = 0;
  #isScheduled = false;

  constructor(private readonly options: WriterOptions) {}

  write(appends: readonly SerialisedAppend[]): Promise<readonly RecordedEvent[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ appends, there: new Map(), resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#start();
    });
  }

  #start(): void {
    this.#judgeLate();
    while (this.#inFlight < IN_FLIGHT) {
      const jobs = takeBatch(this.#queue, this.#busy);
      if (jobs.length === 0) return;
      void this.#run(jobs);
    }
  }

  /** Those that come too late for their revision need no transaction: they are repetitions, or conflicts. */
  #judgeLate(): void {
    const reached = new Map<SerialisedAppend, number>();
    for (const append of this.#queue.flatMap(missing)) {
      const revision = this.#reached.get(append.stream);
      if (revision !== undefined && revision > append.expected) reached.set(append, revision);
    }
    if (reached.size === 0) return;
    const [late, others] = [true, false].map(isLate =>
      this.#queue.filter(job => missing(job).some(append => reached.has(append)) === isLate),
    ) as [Job[], Job[]];
    this.#queue = others;
    void this.#judge(late, reached).then(
      rest => {
        this.#queue.unshift(...rest);
        this.#schedule();
      },
      error => late.forEach(job => job.reject(error as Error)),
    );
  }

  async #run(jobs: readonly Job[]): Promise<void> {
    const streams = jobs.flatMap(job => missing(job).map(({ stream }) => stream));
    for (const stream of streams) this.#busy.add(stream);
    this.#inFlight++;
    try {
      await this.#commit(jobs);
    } catch (error) {
      for (const job of jobs) job.reject(error as Error);
    }
    this.#inFlight--;
    for (const stream of streams) this.#busy.delete(stream);
    this.#start();
  }

  /** Answers each of the jobs, or throws what goes for all of them. */
  async #commit(jobs: readonly Job[]): Promise<void> {
    const appends = jobs.flatMap(missing);
    let answer: Answer;
    try {
      answer = await this.#ask(appends);
    } catch (error) {
      // One that can never be written does the others no harm.
      if (!isOfItsContent(error) || jobs.length === 1) throw refusal(error);
      for (const job of jobs) await this.#commit([job]).catch(alone => job.reject(alone as Error));
      return;
    }
    const found = new Map(appends.map((append, index) => [append, answer.actual[index]!]));
    for (const [{ stream }, revision] of found) this.#remember(stream, revision);
    if (appends.some(append => append.expected !== found.get(append))) {
      const rest = await this.#judge(jobs, found);
      if (rest.length > 0) await this.#commit(rest);
      return;
    }
    const events = written(appends, answer.head, answer.at);
    for (const { stream, expected, events } of appends) this.#remember(stream, expected + events.length);
    this.options.committed(answer.head, [...events.values()].flat());
    for (const job of jobs) job.resolve(job.appends.flatMap(append => events.get(append) ?? job.there.get(append)!));
  }

  /**
   * Refuses those that conflict with where their streams stand, answers those that are there already (the same events
   * at the same places: an earlier answer was lost), and gives back those that have something to be written.
   */
  async #judge(jobs: readonly Job[], actual: ReadonlyMap<SerialisedAppend, number>): Promise<Job[]> {
    const isLate = (append: SerialisedAppend) => (actual.get(append) ?? append.expected) > append.expected;
    const there = await this.#thereOf(jobs.flatMap(missing).filter(isLate));
    const rest: Job[] = [];
    for (const job of jobs) {
      const wrong = missing(job).filter(append => (actual.get(append) ?? append.expected) !== append.expected);
      const conflict = wrong.find(append => !there.has(append));
      if (conflict) {
        job.reject(new WrongExpectedRevision(conflict.stream, named(conflict.expected), named(actual.get(conflict)!)));
        continue;
      }
      for (const append of wrong) job.there.set(append, there.get(append)!);
      if (missing(job).length > 0) rest.push(job);
      else job.resolve(job.appends.flatMap(append => job.there.get(append)!));
    }
    return rest;
  }

  /** Of these appends, those that were written before, with their events. */
  async #thereOf(appends: readonly SerialisedAppend[]): Promise<Map<SerialisedAppend, readonly RecordedEvent[]>> {
    const places = appends.flatMap(({ stream, expected, events }) =>
      events.map((_, index) => ({ stream, revision: expected + 1 + index })),
    );
    const found = places.length > 0 ? await this.#read(places) : new Map<string, RecordedEvent>();
    const there = new Map<SerialisedAppend, readonly RecordedEvent[]>();
    for (const append of appends) {
      const { stream, expected, events } = append;
      const at = events.map((_, index) => found.get(placeOf({ stream, revision: expected + 1 + index })));
      if (at.every((event, index) => event?.id === events[index]!.id)) there.set(append, at as RecordedEvent[]);
    }
    return there;
  }

  async #read(places: readonly Place[]): Promise<Map<string, RecordedEvent>> {
    const events = await this.options.readPlaces(
      places.map(({ stream }) => stream),
      places.map(({ revision }) => revision),
    );
    return new Map(events.map(event => [placeOf(event), event]));
  }

  #remember(stream: string, revision: number): void {
    if (this.#reached.size >= REMEMBERED_STREAMS) this.#reached.clear();
    this.#reached.set(stream, Math.max(revision, this.#reached.get(stream) ?? -1));
  }

  async #ask(appends: readonly SerialisedAppend[]): Promise<Answer> {
    const client = await this.options.pool.connect().catch((cause: unknown) => {
      throw unavailable(cause);
    });
    try {
      const { rows } = await client.query({ ...statements.append, values: parametersOf(appends) });
      client.release();
      return (rows as [Answer])[0];
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

type Place = Pick<RecordedEvent, 'stream' | 'revision'>;

const placeOf = ({ stream, revision }: Place): string => `${revision} ${stream}`;

const named = (revision: number) => (revision < 0 ? 'no stream' : revision);

const unavailable = (cause: unknown): Error =>
  new StoreUnavailable(`the event store takes nothing: ${explained(cause)}`, { cause });

/** In the words of the port. */
const refusal = (cause: unknown): Error => {
  if (cause instanceof StoreUnavailable) return cause;
  if (isOfItsContent(cause)) return new InvalidAppend(`PostgreSQL cannot store it: ${explained(cause)}`, { cause });
  if (isRefusal(cause)) return unavailable(cause);
  return new OutcomeUnknown(`nobody knows whether the event store took it: ${explained(cause)}`, { cause });
};
