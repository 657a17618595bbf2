import type { EventStore, RecordedEvent } from '#domain';
import { isSealed } from '#domain';
import { MASK } from '#ironic';
import { positionToken } from './position-token.js';

/** An event for people and programs outside: sealed values masked, the actor's origin left out. */
export const eventJson = (event: RecordedEvent, store: EventStore): object => {
  const { actorOrigin: _sealed, ...metadata } = event.metadata;
  return {
    id: event.id,
    type: event.type,
    stream: event.stream,
    revision: event.revision,
    position: positionToken(store.identity, event.position),
    recorded: event.recorded,
    data: withoutSecrets(event.data),
    metadata,
  };
};

export const withoutSecrets = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  if (isSealed(value)) return MASK;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecrets(item)]));
};
