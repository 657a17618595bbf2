export { publicRelay, type PublicRelayPorts } from './public-relay.js';
export { relay, type RelayPorts } from './relay.js';
