export { PostgresReadSide, type PostgresReadSideOptions } from './postgres/read-side.js';
export { ReadSide, type Rebuilt } from './read-side.js';
