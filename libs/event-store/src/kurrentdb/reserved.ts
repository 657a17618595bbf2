import type { EventFilter } from '#domain';
import type { Filter } from '@kurrent/kurrentdb-client';
import { eventTypeFilter, streamNameFilter } from '@kurrent/kurrentdb-client';

/** Holds the store's identity. */
export const STORE_STREAM = 'ferrolog-store';
/** Says from which store the events of this one were moved, where they were. */
export const IMPORT_STREAM = 'ferrolog-import';
/** Content-addressed blobs, a stream for each. */
export const BLOB_PREFIX = 'blob-';

/** Streams that are not events of the port: the server's own, and what lives beside the events (design 14). */
const reserved = ['$', BLOB_PREFIX, 'run-', STORE_STREAM, IMPORT_STREAM];

export const isReserved = (name: string): boolean => reserved.some(prefix => name.startsWith(prefix));

/** A checkpoint each so many searched windows of 32 events: often enough to come back to, rarely enough to cost nothing. */
const CHECKPOINT_INTERVAL = 32;

/**
 * What the server leaves out. It filters by streams or by types, never by both: what it lets pass has to be looked at
 * again.
 */
export const serverFilter = (filter: EventFilter = {}): Filter => {
  const checkpointInterval = CHECKPOINT_INTERVAL;
  if (restricts(filter.streams)) return streamNameFilter({ prefixes: [...filter.streams], checkpointInterval });
  if (restricts(filter.types)) return eventTypeFilter({ prefixes: [...filter.types], checkpointInterval });
  return streamNameFilter({ regex: `^(?!${reserved.map(escaped).join('|')})`, checkpointInterval });
};

/** Whether the server may have to look through much to find little. */
export const isSelective = ({ streams, types }: EventFilter = {}): boolean => restricts(streams) || restricts(types);

const restricts = (prefixes: readonly string[] | undefined): prefixes is readonly string[] =>
  !!prefixes?.length && !prefixes.includes('');

const escaped = (text: string): string => text.replace(/[$\-]/g, '\\$&');
