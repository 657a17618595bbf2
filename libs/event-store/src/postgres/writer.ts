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
  /** Events of a stream, to find out what an earlier call had written. */
  readonly readStream: (stream: string, from: number, limit: number) => Promise<readonly RecordedEvent[]>;
  /** A commit of ours: its events follow the position `after`. Called before whoever waits is answered. */
  readonly committed: (after: number, events: readonly RecordedEvent[]) => void;
}

interface Answer {
  readonly head: number;
  readonly at: number;
  /** Where the streams stood, when one of them was not where it was expected: nothing was written then. */
  readonly actual: readonly number[];
}

/** Calls of one turn of the event loop, and those that come while a commit is under way, share a transaction. */
export class Writer {
  #queue: Job[] = [];
  #busy = new Set<string>();
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
    while (this.#inFlight < IN_FLIGHT) {
      const jobs = takeBatch(this.#queue, this.#busy);
      if (jobs.length === 0) return;
      void this.#run(jobs);
    }
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
    if (appends.some(({ expected }, index) => expected !== answer.actual[index]))
      return this.#commitRest(jobs, new Map(appends.map((append, index) => [append, answer.actual[index]!])));
    const events = written(appends, answer.head, answer.at);
    this.options.committed(answer.head, [...events.values()].flat());
    for (const job of jobs) job.resolve(job.appends.flatMap(append => events.get(append) ?? job.there.get(append)!));
  }

  /** Refuses those that conflict, and repeats the others. */
  async #commitRest(jobs: readonly Job[], actual: ReadonlyMap<SerialisedAppend, number>): Promise<void> {
    const rest: Job[] = [];
    for (const job of jobs) {
      const conflict = await this.#firstConflict(job, actual);
      if (conflict) job.reject(conflict);
      else if (missing(job).length > 0) rest.push(job);
      else job.resolve(job.appends.flatMap(append => job.there.get(append)!));
    }
    if (rest.length > 0) await this.#commit(rest);
  }

  /** What is there already, the same events at the same place, is an append whose answer was lost. */
  async #firstConflict(
    job: Job,
    actual: ReadonlyMap<SerialisedAppend, number>,
  ): Promise<WrongExpectedRevision | undefined> {
    for (const append of missing(job)) {
      const { stream, expected, events } = append;
      const revision = actual.get(append)!;
      if (revision === expected) continue;
      const there = revision > expected ? await this.options.readStream(stream, expected + 1, events.length) : [];
      if (there.length !== events.length || there.some(({ id }, index) => id !== events[index]!.id))
        return new WrongExpectedRevision(stream, named(expected), named(revision));
      job.there.set(append, there);
    }
    return undefined;
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
