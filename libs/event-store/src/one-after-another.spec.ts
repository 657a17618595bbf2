import { OneAfterAnother, temporaryFolder } from '#testing';
import { eventStoreContract } from './contract.js';
import { SqliteEventStore } from './sqlite/sqlite-event-store.js';

// The contract is made for stores that cannot do what SQLite can, too: here is one.
eventStoreContract('A store that appends to one stream after another', async () => {
  const folder = temporaryFolder();
  const open = () => new OneAfterAnother(new SqliteEventStore({ path: folder.file('events.sqlite'), clock: Date }));
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
});
