export { DataDirectoryUnusable } from './data-directory.js';
export { createLogger } from './logger.js';
export { startServer, type Server } from './server.js';
