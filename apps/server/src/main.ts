import { readConfiguration } from '#configuration';
import { createLogger } from './logger.js';
import { startServer } from './server.js';

const { configuration } = readConfiguration();
const server = await startServer(configuration, createLogger(configuration));
console.log(`Ferrolog answers at ${server.url}`);
process.on('SIGTERM', () => void server.stop());
process.on('SIGINT', () => void server.stop());
