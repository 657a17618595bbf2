export { EMBEDDED, withoutPassword, type Role } from './engines.js';
export * from './client.js';
export * from './configuration.js';
export * from './configuration-error.js';
export * from './options.js';
export * from './version.js';
