export { moveToEngines, type Moved, type MoveOptions } from './move.js';
