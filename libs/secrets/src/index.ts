export { NotAuthentic } from './cipher.js';
export { isPrivate, MasterKeyUnusable, readMasterKey, readOrCreateMasterKey } from './master-key.js';
export type { KeyRow } from './subject-key.js';
export { ERASED, Sealer } from './sealer.js';
export { KeyStoreCannotBeOpened, SqliteKeyStore, WrongMasterKey } from './sqlite-key-store.js';
