export { publicRelay, type PublicRelayPorts } from './public-relay.js';
export { relay, type RelayPorts } from './relay.js';
export { WebhookDeliveries } from './webhooks/deliveries.js';
export { type Poster, httpPoster } from './webhooks/post.js';
