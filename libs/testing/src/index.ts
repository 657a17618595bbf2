export * from './a-catalog.js';
export * from './given.js';
export * from './simulated-node.js';
