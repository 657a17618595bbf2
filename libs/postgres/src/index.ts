export { ask, type Query } from './ask.js';
export { openCheckpoint } from './checkpoint.js';
export { explained, isOfItsContent, isRefusal, isUnreachable } from './errors/errors.js';
export { Listener } from './listener.js';
export { type Lock, takeLock } from './lock.js';
export { DatabaseUnusable, migrate } from './migrate.js';
export { asTheOnlyOne, type Duty, type OnlyOneOptions } from './only-one.js';
export { openPool, type Pool, type PoolOptions, poolSettings } from './pool.js';
