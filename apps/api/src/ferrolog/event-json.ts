import type { Bag, EventMetadata, EventStore, RecordedEvent } from '#domain';
import { withoutSecrets } from '#ironic';
import { positionToken } from './position-token.js';
import { actorOf, summaryOf } from './event-words.js';

export interface EventJson {
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  /** Token to follow from. */
  readonly position: string;
  readonly recorded: string;
  readonly summary: string;
  readonly by: string;
  readonly data: Bag;
  readonly metadata: Omit<EventMetadata, 'actorOrigin'>;
}

/** An event for people and programs outside: sealed values masked, the actor's origin left out. */
export const eventJson = (event: RecordedEvent, store: EventStore): EventJson => {
  const { actorOrigin: _sealed, ...metadata } = event.metadata;
  return {
    id: event.id,
    type: event.type,
    stream: event.stream,
    revision: event.revision,
    position: positionToken(store.identity, event.position),
    recorded: event.recorded,
    summary: summaryOf(event),
    by: actorOf(event),
    data: withoutSecrets(event.data) as Bag,
    metadata,
  };
};
