export { StoreCannotBeOpened } from './database.js';
export { SqliteEventStore, type SqliteEventStoreOptions } from './sqlite-event-store.js';
