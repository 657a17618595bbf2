export { beginGeneration } from './begin-generation.js';
