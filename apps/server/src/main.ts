import { readConfiguration } from '#configuration';
import { createLogger } from './logger.js';
import { startServer } from './server.js';

const { configuration } = readConfiguration();
const toEnd = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => toEnd.abort());
try {
  const server = await startServer(configuration, createLogger(configuration), {}, toEnd.signal);
  console.log(`Ferrolog answers at ${server.url}`);
  const stop = () => void server.stop();
  if (toEnd.signal.aborted) stop();
  else toEnd.signal.addEventListener('abort', stop);
} catch (error) {
  // Told to stop while it waited: what it was about to open is not waited for.
  if (toEnd.signal.aborted) process.exit();
  throw error;
}
