import type { PublicEvent, RecordedEvent, StoreIdentity } from '#domain';
import { positionToken } from '#domain';
import { withoutSecrets } from '#ironic';

/** Where a follower of the store goes on: of which store, of which generation, after which position (design 6). */
export const checkpointText = ({ storeId, generation }: StoreIdentity, position: number): string =>
  `${storeId}-${generation}-${position}`;

/** The checkpoint in the topic is of another store, or of one before a backup was put back. */
export class ForeignCheckpoint extends Error {
  override readonly name = 'ForeignCheckpoint';
}

/** @throws ForeignCheckpoint */
export const positionIn = (checkpoint: string | undefined, identity: StoreIdentity): number => {
  if (checkpoint === undefined) return 0;
  const position = Number(checkpoint.split('-').at(-1));
  if (checkpoint !== checkpointText(identity, position))
    throw new ForeignCheckpoint(
      `The public topic ends at ${checkpoint}, the event store is ${checkpointText(identity, position)}: ` +
        'give the events of this store a topic of their own, by another workLogPrefix for all processes.',
    );
  return position;
};

/** The public form of an event: sealed values masked, the actor's origin left out. */
export const publicEvent = (event: RecordedEvent, identity: StoreIdentity): PublicEvent => {
  const { actorOrigin: _sealed, ...metadata } = event.metadata;
  const { stream, revision, recorded } = event;
  return {
    id: event.id,
    source: `/ferrolog/${identity.storeId}`,
    type: `ferrolog.${event.type}`,
    subject: stream,
    time: recorded,
    key: stream.slice(stream.indexOf('-') + 1),
    extensions: {
      ferrologposition: positionToken(identity, event.position),
      correlationid: metadata.$correlationId,
      causationid: metadata.$causationId,
      ...(metadata.traceparent !== undefined && { traceparent: metadata.traceparent }),
    },
    data: { stream, revision, recorded, data: withoutSecrets(event.data), metadata },
  };
};
