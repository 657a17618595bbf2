export * from './configuration.js';
export * from './options.js';
