import type { EventMetadata, NewEvent, RecordedEvent } from '#domain';

export const someMetadata: EventMetadata = {
  $correlationId: 'c0000000-0000-4000-8000-000000000001',
  $causationId: 'c0000000-0000-4000-8000-000000000001',
  commandId: 'c0000000-0000-4000-8000-000000000001',
  actorKind: 'user',
  actorId: 'operator',
  occurred: '2026-01-01T00:00:00.000Z',
  codeVersion: 'test',
  readableBy: '1',
};

/** Ids that count up: the same test gives the same ids. */
export const countingIds = (prefix = 'e'): (() => string) => {
  let count = 0;
  return () => `${prefix.padEnd(8, '0')}-0000-4000-8000-${String(++count).padStart(12, '0')}`;
};

export const anEvent = (id: string, rest: Partial<NewEvent> = {}): NewEvent => ({
  id,
  type: 'Tested',
  data: { id },
  metadata: someMetadata,
  ...rest,
});

/** The event with nothing but its fields, whatever object the store gave it as: to compare with. */
export const plain = ({ id, type, data, metadata, stream, revision, position, recorded }: RecordedEvent) => ({
  id,
  type,
  data,
  metadata,
  stream,
  revision,
  position,
  recorded,
});
