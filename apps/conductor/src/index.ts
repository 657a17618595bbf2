export { Conductor } from './conductor.js';
export { LocalHardwareReads } from './hardware-reader.js';
export { Limit } from './lanes.js';
export { NodeWorker } from './node-worker.js';
export { Performer } from './perform.js';
export { every } from './periodic.js';
export { PowerSync } from './power-sync.js';
export { register } from './registration.js';
