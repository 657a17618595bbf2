export { ask, type Query } from './ask.js';
export { explained, isOfItsContent, isRefusal } from './errors.js';
export { Listener } from './listener.js';
export { DatabaseUnusable, migrate } from './migrate.js';
export { openPool, type Pool, type PoolOptions } from './pool.js';
