export { PostgresEventStore, type PostgresEventStoreOptions } from './postgres-event-store.js';
export { StoreCannotBeOpened } from '../sqlite/database.js';
