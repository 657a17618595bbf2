export { ApiModule } from './api.module.js';
export { httpBasic, noAuth, PasswordFileUnusable } from './http/access.js';
export { createApplication } from './http/application.js';
export { createMetrics } from './operations/metrics.js';
export type { ApiPorts } from './ports.js';
