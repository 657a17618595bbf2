import type { Clock, EventStore, KeyStore, RecordedEvent } from '#domain';
import type { Checkpoint } from '#event-store/follower';
import { Follower } from '#event-store/follower';

export interface KeyEraserPorts {
  readonly store: EventStore;
  readonly keys: KeyStore & { readonly checkpoint: Checkpoint };
  readonly clock: Clock;
  readonly onBreak: (error: unknown) => void;
}

/**
 * Deletes data keys when the event says so that what they sealed is over: a node or an instance that is gone. Its
 * place is kept with the keys, so that an end that was recorded before a crash is not missed after it.
 */
export const keyEraser = ({ store, keys, clock, onBreak }: KeyEraserPorts): Follower =>
  new Follower({
    store,
    clock,
    filter: { types: ERASING },
    checkpoint: keys.checkpoint,
    handle: async events => {
      for (const event of events) for (const subject of erasedBy(event)) await keys.erase(subject);
    },
    onBreak,
  });

/** Prefixes of the types that may end the life of a key. */
const ERASING = ['Teardown', 'NodeDeleted'];

const erasedBy = ({ data }: RecordedEvent): readonly string[] => (data as { erases?: readonly string[] }).erases ?? [];
