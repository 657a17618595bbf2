export { serialise } from '../serialise.js';
export { StoreCannotBeOpened } from './database.js';
export { readEvents } from './read-events.js';
export { openStoredRows, type StoredRows } from './stored-rows.js';
export { SqliteEventStore, type SqliteEventStoreOptions } from './sqlite-event-store.js';
