export { MasterKeyUnusable, readMasterKey, readOrCreateMasterKey } from './master-key.js';
export { ERASED, Sealer } from './sealer.js';
export { SqliteKeyStore, WrongMasterKey } from './sqlite-key-store.js';
