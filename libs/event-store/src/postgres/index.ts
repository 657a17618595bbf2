export { PostgresEventStore, type PostgresEventStoreOptions } from './postgres-event-store.js';
export { PostgresImport } from './postgres-import.js';
export { ImportRefused, type ImportTarget, type Origin, type StoredRow } from '../import-target.js';
export { StoreCannotBeOpened } from '../sqlite/database.js';
