import type { EventFilter, RecordedEvent } from '#domain';

const startsWithOne = (text: string, prefixes: readonly string[] | undefined): boolean =>
  !prefixes?.length || prefixes.some(prefix => text.startsWith(prefix));

export const passes = (event: RecordedEvent, { streams, types }: EventFilter): boolean =>
  startsWithOne(event.stream, streams) && startsWithOne(event.type, types);
