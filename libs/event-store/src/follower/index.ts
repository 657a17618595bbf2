export { type Checkpoint, checkpointInMemory, Follower, type FollowerOptions } from './follower.js';
