export { PostgresKeyStore } from './postgres-key-store.js';
