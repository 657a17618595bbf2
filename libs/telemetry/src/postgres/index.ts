export { PostgresTelemetry, type PostgresTelemetryOptions } from './postgres-telemetry.js';
export { PostgresWebhookPlaces } from './postgres-webhook-places.js';
