export { PublicRelay } from './public-relay.js';
export { Relay } from './relay.js';
