export { LocalSignals } from './local-signals.js';
export { PostgresWebhookPlaces } from './postgres-webhook-places.js';
export { PostgresTelemetry, type PostgresTelemetryOptions } from './postgres-telemetry.js';
export { SqliteTelemetry } from './sqlite-telemetry.js';
export { SqliteWebhookPlaces } from './sqlite-webhook-places.js';
