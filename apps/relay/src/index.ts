export { relay, type RelayPorts } from './relay.js';
