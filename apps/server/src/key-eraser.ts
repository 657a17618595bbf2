import type { Clock, EventStore, KeyStore, RecordedEvent } from '#domain';
import type { Checkpoint } from '#event-store/follower';
import { Follower } from '#event-store/follower';

export interface KeyEraserPorts {
  readonly store: EventStore;
  readonly keys: KeyStore;
  /** Up to where keys were erased; kept with the keys. */
  readonly erased: Checkpoint;
  readonly clock: Clock;
  readonly onBreak: (error: unknown) => void;
}

/**
 * Deletes data keys when the event says so that what they sealed is over: a node, an instance or a webhook that is
 * gone. Its place is kept with the keys, so that an end that was recorded before a crash is not missed after it. Where
 * an older backup of the events was put back, it goes on at their head: what comes there is new.
 */
export const keyEraser = ({ store, keys, erased, clock, onBreak }: KeyEraserPorts): Follower =>
  new Follower({
    store,
    clock,
    filter: { types: ERASING },
    checkpoint: {
      get: async () => Math.min(await erased.get(), await store.head()),
      set: position => erased.set(position),
    },
    handle: async events => {
      const subjects = events.flatMap(erasedBy);
      for (const subject of subjects) await keys.erase(subject);
      // Most pages erase nothing: what they would move is not worth a commit.
      return subjects.length > 0;
    },
    onBreak,
  });

/** Prefixes of the types that may end the life of a key. */
const ERASING = ['Teardown', 'NodeDeleted', 'WebhookDeleted'];

const erasedBy = ({ data }: RecordedEvent): readonly string[] => (data as { erases?: readonly string[] }).erases ?? [];
