import type { EventStore, StoreIdentity } from '#domain';
import { badRequest, HttpRefusal } from '../http/ironic-error.js';

/** A place in the events of one store. Opaque to clients: only this file knows how it is written (design 6). */
export const positionToken = ({ storeId, generation }: StoreIdentity, position: number): string =>
  `${storeId}-${generation.toString(36)}-${position.toString(36)}`;

/**
 * The place that a token names.
 *
 * @throws HttpRefusal 400 when it is no token or beyond the newest event, 410 when it is of another store, or of one
 *   before a backup was put back
 */
export const placeOf = async (store: EventStore, token: string): Promise<number> => {
  const match = /^([0-9a-f]{8})-([0-9a-z]{1,8})-([0-9a-z]{1,12})$/.exec(token);
  if (!match) throw badRequest(`${JSON.stringify(token)} is not a position.`);
  const [, storeId, generation, place] = match;
  if (storeId === store.identity.movedFrom)
    throw new HttpRefusal(
      410,
      'The position is of the event store whose events were moved into this one, where positions are others: read from the start.',
    );
  if (storeId !== store.identity.storeId)
    throw new HttpRefusal(410, 'The position is of another event store: read from the start.');
  if (Number.parseInt(generation!, 36) !== store.identity.generation)
    throw new HttpRefusal(
      410,
      'The position is from before a backup of the event store was put back: read from the start.',
    );
  const position = Number.parseInt(place!, 36);
  if (position > (await store.head())) throw badRequest('The position is beyond the newest event.');
  return position;
};
