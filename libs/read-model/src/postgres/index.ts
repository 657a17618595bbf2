export { buildGeneration, type BuildOptions, dropLeftovers } from './build.js';
export { type Generation, Generations, GRACE_MS, READ_CHANNEL, schemaOf } from './generations.js';
export * from './old-versions.js';
export { PostgresReadModel } from './postgres-read-model.js';
export { type EventSource, PostgresProjection } from './projection.js';
