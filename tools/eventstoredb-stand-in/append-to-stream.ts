import type { EventLog, ProposedEvent, StreamState } from './event-log.js';
import { isSoftlyDeleted, metadataEvent } from './event-log.js';
import type { Expected } from './expected.js';
import { AppendTooLarge, StreamDeleted, WrongExpectedVersion } from './refusals.js';

export interface AppendRequest {
  readonly stream: string;
  readonly expected: Expected;
  readonly events: readonly ProposedEvent[];
}

export interface AppendResult {
  /** Of the last event of the append; nothing for an empty append to a missing stream. */
  readonly revision: bigint | undefined;
  /** Nothing when a repeated append's events are no longer visible. */
  readonly position: bigint | undefined;
}

/** 1 MiB, the server's default. The sum of the events' data counts, nothing else. */
export const MAX_APPEND_BYTES = 1_048_576;

/** Inside of a commit. @throws what judgeAppend throws */
export const appendToStream = (log: EventLog, request: AppendRequest): AppendResult => {
  if (dataBytes(request) > MAX_APPEND_BYTES) throw new AppendTooLarge(MAX_APPEND_BYTES);
  return judgeAppend(log, request)();
};

export const dataBytes = ({ events }: AppendRequest): number => events.reduce((sum, { data }) => sum + data.length, 0);

/**
 * Inside of a commit. An append that was done before is answered with its old place: with a revision that matches, ids
 * are not looked at, else the same ids in the same order must be there.
 * @returns what writes it, as long as nothing else is written to the stream
 * @throws StreamDeleted, WrongExpectedVersion
 */
export const judgeAppend = (log: EventLog, { stream, expected, events }: AppendRequest): (() => AppendResult) => {
  const state = log.state(stream);
  if (state.isTombstoned) throw new StreamDeleted(stream);
  if (expected === 'exists' && isSoftlyDeleted(state)) throw new StreamDeleted(stream);
  const refusal = new WrongExpectedVersion(stream, expected, state.last);
  if (events.length === 0) {
    if (!isMet(expected, state)) throw refusal;
    return () => ({ revision: state.last === -1n ? undefined : state.last, position: log.end });
  }
  const isWord = expected === 'any' || expected === 'exists';
  if (isWord || !isMet(expected, state)) {
    const first = isWord ? log.revisionOf(stream, events[0]!.id) : expected === 'missing' ? 0n : expected + 1n;
    const before = first === undefined ? undefined : repeated(log, stream, first, events);
    if (before) return () => before;
    if (!isMet(expected, state) || first !== undefined) throw refusal;
  }
  return () => {
    const position = log.write(stream, events, state.last + 1n);
    if (isSoftlyDeleted(state)) resurrect(log, stream, state);
    return { revision: state.last + BigInt(events.length), position };
  };
};

/** A stream that was deleted softly counts on, and also takes a NO_STREAM for its state. */
const isMet = (expected: Expected, state: StreamState): boolean => {
  if (expected === 'any') return true;
  if (expected === 'exists') return state.last >= 0n;
  if (expected === 'missing') return state.last === -1n || isSoftlyDeleted(state);
  return expected === state.last;
};

const repeated = (
  log: EventLog,
  stream: string,
  first: bigint,
  events: readonly ProposedEvent[],
): AppendResult | undefined => {
  const there = log.at(stream, first, events.length);
  if (there.length !== events.length || there.some(({ id }, index) => id !== events[index]!.id)) return undefined;
  const last = there.at(-1)!;
  const isVisible = last.revision >= log.firstVisible(log.state(stream));
  return { revision: last.revision, position: isVisible ? last.position : undefined };
};

/** The server itself then says from where on the stream is to be read. */
const resurrect = (log: EventLog, stream: string, { last, metadata }: StreamState): void => {
  const data = JSON.stringify({ ...metadata, $tb: Number(last + 1n) });
  log.write(`$$${stream}`, [metadataEvent(Buffer.from(data))]);
};
