import type { BlobStore, EventStore } from '#domain';
import { temporaryFolder } from '#testing';
import { SqliteEventStore } from '../sqlite/sqlite-event-store.js';
import type { StoreUnderTest } from './scene.js';

/** An SQLite store in a folder of its own, or another store made of it. */
export const inAFolder =
  (madeOf: (sqlite: SqliteEventStore) => EventStore & BlobStore = sqlite => sqlite) =>
  async (): Promise<StoreUnderTest> => {
    const folder = temporaryFolder();
    const open = () =>
      madeOf(
        new SqliteEventStore({
          path: folder.file('events.sqlite'),
          clock: Date,
          // The contract pulls no plug: its hundreds of commits need not wait for a disk that others are busy with.
          prepareDatabase: database => void database.pragma('synchronous = OFF'),
        }),
      );
    let store = open();
    return {
      store,
      reopen: async () => {
        await store.close();
        return (store = open());
      },
      dispose: async () => {
        await store.close();
        folder.remove();
      },
    };
  };
