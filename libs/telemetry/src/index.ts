export { LocalSignals } from './local-signals.js';
export { SqliteTelemetry } from './sqlite-telemetry.js';
