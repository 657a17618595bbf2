export { ApiModule } from './api.module.js';
export { httpBasic, noAuth, PasswordFileUnusable } from './http/access.js';
export { createApplication, routesOf } from './http/application.js';
export { openApiDocument } from './openapi/document.js';
export { operations } from './openapi/operations.js';
export { createMetrics } from './operations/metrics.js';
export type { ApiPorts } from './ports.js';
