export { CannotStart } from './cannot-start.js';
export { checkDatabases, type DatabaseCheck } from './check-databases.js';
export { DataDirectoryUnusable, takeDataDirectory } from './data-directory.js';
export { createLogger } from './logger.js';
export { rebuildReadModel } from './rebuild.js';
export { startServer, type Server } from './server.js';
