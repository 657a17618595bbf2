export { serialise } from '../serialise.js';
export { StoreCannotBeOpened } from './database.js';
export { readEvents } from './read-events.js';
export { SqliteEventStore, type SqliteEventStoreOptions } from './sqlite-event-store.js';
