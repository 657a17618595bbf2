import type { EventStore } from '#domain';
import { positionInToken } from '#domain';
import { badRequest, HttpRefusal } from '../http/ironic-error.js';

export { positionToken } from '#domain';

/**
 * The place that a token names.
 *
 * @throws HttpRefusal 400 when it is no token or beyond the newest event, 410 when it is of another store, or of one
 *   before a backup was put back
 */
export const placeOf = async (store: EventStore, token: string): Promise<number> => {
  const named = positionInToken(token);
  if (!named) throw badRequest(`${JSON.stringify(token)} is not a position.`);
  const { storeId, generation, position } = named;
  if (storeId === store.identity.movedFrom?.storeId)
    throw new HttpRefusal(
      410,
      'The position is of the event store whose events were moved into this one, where positions are others: read from the start.',
    );
  if (storeId !== store.identity.storeId)
    throw new HttpRefusal(410, 'The position is of another event store: read from the start.');
  if (generation !== store.identity.generation)
    throw new HttpRefusal(
      410,
      'The position is from before a backup of the event store was put back: read from the start.',
    );
  if (position > (await store.head())) throw badRequest('The position is beyond the newest event.');
  return position;
};

/** What clients call a place to begin after: `start`, `now` or a token. Throws as {@link placeOf} does. */
export const beginningAt = async (store: EventStore, from: string): Promise<number> =>
  from === 'start' ? 0 : from === 'now' ? store.head() : placeOf(store, from);
