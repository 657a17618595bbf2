export { ConnectionStringRefused } from './connection-string.js';
export type { Counters, Health } from './counters.js';
export { KurrentDbEventStore, type KurrentDbOptions } from './kurrentdb-event-store.js';
export { PositionUnknown } from './reading.js';
