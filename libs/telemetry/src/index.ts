export { LocalSignals } from './local-signals.js';
export { SqliteTelemetry } from './sqlite-telemetry.js';
export { SqliteWebhookPlaces } from './sqlite-webhook-places.js';
