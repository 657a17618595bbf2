import { EMBEDDED } from '#configuration';
import type { BlobStore, Clock, EventStore } from '#domain';
import { KurrentDbEventStore } from '#event-store/kurrentdb';
import { PostgresEventStore } from '#event-store/postgres';
import { SqliteEventStore } from '#event-store/sqlite';

/** Whichever engine it stands on. */
export type OpenedStore = EventStore &
  BlobStore & {
    /** For a restored backup: positions of before are void. */
    beginGeneration(): Promise<void> | void;
  };

/** The store that is configured; `path` is that of the embedded one. */
export const openStore = async (eventStore: string, path: string, clock: Clock): Promise<OpenedStore> => {
  if (eventStore === EMBEDDED.eventStore) return new SqliteEventStore({ path, clock });
  if (/^postgres(ql)?:/.test(eventStore)) return PostgresEventStore.open({ url: eventStore });
  return KurrentDbEventStore.connect({ connectionString: eventStore, clock });
};
