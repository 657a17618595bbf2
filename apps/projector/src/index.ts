export { ReadSide, type Rebuilt } from './read-side.js';
