export { processIo } from './io.js';
export { createProgram } from './program.js';
export { referenceOf } from './reference.js';
