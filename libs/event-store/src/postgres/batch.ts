import type { RecordedEvent, StreamAppend } from '#domain';
import { InvalidAppend } from '#domain';
import type { SerialisedAppend } from '../serialise.js';
import { serialise } from '../serialise.js';
import { recordedEvent } from '../sqlite/recorded.js';

/** One call of `append` that waits for its answer. */
export interface Job {
  /** All of the call, in its order. */
  readonly appends: readonly SerialisedAppend[];
  /** Those that the store holds already: an earlier call had written them. */
  readonly there: Map<SerialisedAppend, readonly RecordedEvent[]>;
  resolve(events: readonly RecordedEvent[]): void;
  reject(error: Error): void;
}

export const missing = ({ appends, there }: Job): readonly SerialisedAppend[] =>
  there.size === 0 ? appends : appends.filter(append => !there.has(append));

const LARGEST_BATCH_EVENTS = 500;

/**
 * Takes from the queue what one transaction is to write, the oldest first. A stream is at most in one transaction at a
 * time: of two calls for it, the later one is judged by what the earlier one wrote.
 */
export const takeBatch = (queue: Job[], busy: ReadonlySet<string>): Job[] => {
  const taken: Job[] = [];
  const waiting: Job[] = [];
  const streams = new Set(busy);
  let events = 0;
  for (const job of queue) {
    const appends = missing(job);
    const fits = events < LARGEST_BATCH_EVENTS && !appends.some(({ stream }) => streams.has(stream));
    for (const { stream } of appends) streams.add(stream);
    (fits ? taken : waiting).push(job);
    if (fits) for (const append of appends) events += append.events.length;
  }
  queue.splice(0, queue.length, ...waiting);
  return taken;
};

/** What PostgreSQL's text cannot hold is refused alone, and not in a transaction that it shares with others. */
export const serialiseText = (appends: readonly StreamAppend[]): SerialisedAppend[] => {
  const serialised = serialise(appends);
  for (const { stream, events } of serialised)
    for (const text of [stream, ...events.flatMap(({ id, type }) => [id, type])])
      if (text.includes('\0') || !text.isWellFormed())
        throw new InvalidAppend(`${JSON.stringify(text)} is no text that can be stored`);
  return serialised;
};

/** Never stands in JSON as it is (RFC 8259, section 7: control characters are escaped). */
export const SEPARATOR = '\u001f';

/** The parameters of the statement: an array for each column, JSON as one text. */
export const parametersOf = (appends: readonly SerialisedAppend[]): unknown[] => {
  const events = appends.flatMap(({ stream, expected, events }) =>
    events.map((event, index) => ({ ...event, stream, revision: expected + 1 + index })),
  );
  return [
    appends.map(({ stream }) => stream),
    appends.map(({ expected }) => expected),
    events.map(({ stream }) => stream),
    events.map(({ revision }) => revision),
    events.map(({ id }) => id),
    events.map(({ type }) => type),
    events.map(({ data }) => data).join(SEPARATOR),
    events.map(({ metadata }) => metadata).join(SEPARATOR),
  ];
};

/** What was written, made of the text that was written: as later reads give it. */
export const written = (
  appends: readonly SerialisedAppend[],
  head: number,
  recorded: number,
): Map<SerialisedAppend, readonly RecordedEvent[]> => {
  let position = head;
  const eventsOf = ({ stream, expected, events }: SerialisedAppend) =>
    events.map((event, index) =>
      recordedEvent({ ...event, stream, revision: expected + 1 + index, position: ++position, recorded }),
    );
  return new Map(appends.map(append => [append, eventsOf(append)]));
};
