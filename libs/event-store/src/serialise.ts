import type { ExpectedRevision, StreamAppend } from '#domain';
import { EventTooLarge, InvalidAppend, MAX_EVENT_BYTES } from '#domain';

export interface SerialisedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** An append as stores write it: everything text, the revision a number, -1 for a stream that is not there yet. */
export interface SerialisedAppend {
  readonly stream: string;
  readonly expected: number;
  readonly events: readonly SerialisedEvent[];
}

/**
 * What every adapter does before it asks its store: whatever could never be appended is refused here, alone, and not in
 * a commit that it shares with others.
 *
 * @throws InvalidAppend · EventTooLarge
 */
export const serialise = (appends: readonly StreamAppend[]): SerialisedAppend[] => {
  const streams = new Set(appends.map(({ stream }) => stream));
  if (streams.size !== appends.length) throw new InvalidAppend('a stream stands in an append twice');
  return appends.map(({ stream, expected, events }) => {
    if (typeof stream !== 'string' || stream === '') throw new InvalidAppend('a stream has no name');
    if (events.length === 0) throw new InvalidAppend(`nothing is to be appended to ${stream}`);
    return { stream, expected: revisionBefore(stream, expected), events: events.map(serialised) };
  });
};

/** There is no "any", by whatever number other stores may say it. */
const revisionBefore = (stream: string, expected: ExpectedRevision): number => {
  if (expected === 'no stream') return -1;
  if (!Number.isSafeInteger(expected) || expected < 0)
    throw new InvalidAppend(`${stream} cannot be expected at revision ${expected}`);
  return expected;
};

const serialised = ({ id, type, data, metadata }: StreamAppend['events'][number]): SerialisedEvent => {
  if (typeof id !== 'string' || typeof type !== 'string') throw new InvalidAppend('an event has no id or no type');
  const text = { data: textOf(type, data), metadata: textOf(type, metadata) };
  const sizeBytes = Buffer.byteLength(text.data);
  if (sizeBytes > MAX_EVENT_BYTES) throw new EventTooLarge(type, sizeBytes);
  return { id, type, ...text };
};

const textOf = (type: string, value: object): string => {
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text?.startsWith('{')) return text;
  } catch (cause) {
    throw new InvalidAppend(`an event of type ${type} cannot be said in JSON`, { cause });
  }
  throw new InvalidAppend(`an event of type ${type} is no object`);
};
