import type { RecordedEvent } from './ports/event-store.js';

/** Data of version N of a type as version N + 1 would have said it. Pure; derives everything from the old data. */
export type Upcaster = (data: object) => object;

/**
 * By event type: the upcaster from version 1 to 2, from 2 to 3 … Recorded events are never changed: event stores
 * give them back as if they were of today. A new version goes here and into the schema's `x-version`, with a golden stream of the old.
 */
export type Upcasters = Readonly<Record<string, readonly Upcaster[]>>;

export const upcasters: Upcasters = {};

/** The event as today's code knows it. */
export const upcast = (event: RecordedEvent, chains: Upcasters = upcasters): RecordedEvent => {
  const chain = chains[event.type];
  if (!chain) return event;
  const version = Number(event.metadata.schemaVersion ?? 1);
  if (version > chain.length) return event;
  const data = chain.slice(version - 1).reduce((old, next) => next(old), event.data);
  const { id, type, metadata, stream, revision, position, recorded } = event;
  const current = { ...metadata, schemaVersion: String(chain.length + 1) };
  return { id, type, data, metadata: current, stream, revision, position, recorded };
};
