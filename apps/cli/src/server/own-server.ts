import type { Server } from '#apps/server';
import type { Configuration } from '#configuration';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes, Failure } from '../failure.js';

/**
 * Starts the server in this process. Its code is loaded only here: other commands need not wait for it.
 *
 * @throws Failure · the signal's reason, when it aborts while the server waits for its engines
 */
export const startServer = async (configuration: Configuration, signal?: AbortSignal): Promise<Server> => {
  const { CannotStart, createLogger, startServer: start } = await import('#apps/server');
  try {
    return await start(configuration, createLogger(configuration), {}, signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    if (error instanceof CannotStart)
      throw new Failure(error.message, error.isMisconfigured ? exitCodes.usage : exitCodes.failed, { cause: error });
    throw new Failure(`Ferrolog could not start: ${(error as Error).message}`, exitCodes.failed, { cause: error });
  }
};

const STOP_LIMIT_MS = 10_000;

/** Drains, but not for ever: what is under way is in the events and is taken up again at the next start. */
export const stopServer = async (server: Server): Promise<void> => {
  const limit = new AbortController();
  const isStopped = await Promise.race([
    server.stop().then(() => true),
    sleep(STOP_LIMIT_MS, false, { signal: limit.signal }),
  ]);
  limit.abort();
  if (!isStopped)
    throw new Failure(`Not everything ended within ${STOP_LIMIT_MS / 1000} s; it is taken up again at the next start.`);
};
