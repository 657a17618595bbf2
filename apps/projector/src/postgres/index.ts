export { PostgresReadSide, type PostgresReadSideOptions } from './read-side.js';
