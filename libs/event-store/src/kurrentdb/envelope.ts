import { createHash } from 'node:crypto';
import type { EventMetadata, RecordedEvent } from '#domain';
import { isoOf, StoreUnavailable, upcast } from '#domain';
import type { EventData, JSONEventType, RecordedEvent as StoredEvent } from '@kurrent/kurrentdb-client';
import { jsonEvent } from '@kurrent/kurrentdb-client';
import type { SerialisedEvent } from '../serialise.js';

/**
 * What the adapter keeps in an event's metadata beside the port's.
 *
 * `recorded`: the client's reads cut the server's time of an event to whole seconds, so that the adapter writes down by
 * its own clock when it asked for the append. A repeat finds the time of the first one that got through; an event that
 * was moved here from another store keeps the time of that one.
 *
 * `eventId`: the server knows events by UUIDs. Another id is kept here, beside a UUID that is made of it.
 */
interface Kept {
  readonly recorded?: string;
  readonly eventId?: string;
}

export const toStore = ({ id, type, data, metadata }: SerialisedEvent, recorded: string): EventData<JSONEventType> => {
  const uuid = uuidOf(id);
  const kept: Kept = { recorded, ...(uuid !== id && { eventId: id }) };
  return jsonEvent({
    id: uuid,
    type,
    data: JSON.parse(data) as JSONEventType['data'],
    metadata: { ...(JSON.parse(metadata) as object), ...kept },
  });
};

/** The event as today's code knows it. */
export const fromStore = (stored: StoredEvent): RecordedEvent => upcast(asStored(stored));

/** The event in the version it was written in. */
export const asStored = (stored: StoredEvent): RecordedEvent => {
  const { recorded, eventId, ...metadata } = (stored.metadata ?? {}) as unknown as Kept & EventMetadata;
  return {
    id: eventId ?? stored.id,
    type: stored.type,
    data: stored.data as object,
    metadata,
    stream: stored.streamId,
    revision: Number(stored.revision),
    position: positionOf(stored),
    recorded: recorded ?? isoOf(stored.created.getTime()),
  };
};

/** @throws StoreUnavailable where a position is beyond what a number says exactly */
export const positionOf = ({ position }: Pick<StoredEvent, 'position'>): number => {
  if (!position) throw new StoreUnavailable('the server gives no positions: it is older than 22.6');
  return safe(position.commit);
};

export const safe = (position: bigint): number => {
  if (position > BigInt(Number.MAX_SAFE_INTEGER))
    throw new StoreUnavailable(`position ${position} is beyond ${Number.MAX_SAFE_INTEGER}: it cannot be said exactly`);
  return Number(position);
};

/** The server gives ids back in lower case and refuses the nil UUID. */
const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NAMESPACE = Buffer.from('8f1b6a0e5d3c4b7fa2d94e60c7138b52', 'hex');

export const uuidOf = (id: string): string => (canonical.test(id) ? id : uuidV5(id));

/** RFC 9562 section 5.5, in a namespace of this adapter. */
export const uuidV5 = (name: string): string => {
  const hash = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
