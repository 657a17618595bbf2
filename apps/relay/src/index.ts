export { publicEvent } from './public-event.js';
export { publicRelay, type PublicRelayPorts } from './public-relay.js';
export { relay, type RelayPorts } from './relay.js';
export { cloudEvent } from './webhooks/cloud-event.js';
export { WebhookDeliveries } from './webhooks/deliveries.js';
export { type Poster, httpPoster } from './webhooks/post.js';
