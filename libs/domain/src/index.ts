export * from './ports/clock.js';
export * from './ports/event-store.js';
export * from './ports/key-store.js';
export * from './ports/work-log.js';
