export * from './partition-of.js';
export * from './ring.js';
