export * from './errors.js';
export { completionText } from './completion-codes.js';
export type { Privilege } from './privilege.js';
export { isSupportedCipherSuite, type CipherSuiteId } from './wire/cipher-suites.js';
