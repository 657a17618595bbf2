import type { Clock, EventStore, PublicLog } from '#domain';
import { PUBLIC_STREAMS } from '#domain';
import { Follower } from '#event-store/follower';
import { checkpointText, positionIn, publicEvent } from './public-event.js';

export interface PublicRelayPorts {
  readonly store: EventStore;
  readonly log: PublicLog;
  readonly clock: Clock;
  readonly onBreak: (error: unknown) => void;
}

/**
 * Follows the store and publishes what happened, from where the last one left off: an event is published at least
 * once, and those of one key in order. The log keeps the checkpoint with what was published.
 */
export const publicRelay = ({ store, log, clock, onBreak }: PublicRelayPorts): Follower =>
  new Follower({
    store,
    clock,
    filter: { streams: PUBLIC_STREAMS },
    checkpoint: { get: async () => positionIn(await log.checkpoint(), store.identity), set: () => undefined },
    handle: events =>
      log.publish(
        events.map(event => publicEvent(event, store.identity)),
        checkpointText(store.identity, events.at(-1)!.position),
      ),
    onBreak,
  });
