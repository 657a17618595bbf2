export { ConnectionStringRefused } from './connection-string.js';
export { StoreDeniesAccess } from './connection.js';
export type { Counters, Health } from './counters.js';
export { KurrentDbEventStore, type KurrentDbOptions } from './kurrentdb-event-store.js';
export { KurrentDbImport, type KurrentDbImportOptions } from './kurrentdb-import.js';
export { ImportRefused, type ImportTarget, type Origin, type StoredRow } from '../import-target.js';
export { StoreCannotBeOpened } from '../sqlite/database.js';
export { PositionUnknown } from './reading.js';
