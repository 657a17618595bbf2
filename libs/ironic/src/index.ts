export * from './mask.js';
export * from './node-fields.js';
export * from './port-fields.js';
export * from './row-text.js';
export * from './timestamps.js';
export * from './version.js';
