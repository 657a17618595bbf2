import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Configuration } from '#configuration';
import { isAway } from './cannot-start.js';
import type { AtEnd } from './engines/engines.js';
import { openWaitingRoom } from './waiting-room.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
/** What was opened in vain is closed in this time, when the process is told to stop. */
const CLOSE_MS = 500;

export interface Waiting {
  readonly configuration: Pick<Configuration, 'host' | 'port'>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly atEnd: AtEnd;
}

/**
 * Starts again and again until what is to be reached can be reached. Until then the waiting room answers: it goes when
 * `start` calls `toListen`. What a start opened before it failed is closed.
 *
 * @throws what `start` failed with for good · the signal's reason
 */
export const asSoonAsReachable = async <T>(
  start: (atEnd: AtEnd, toListen: () => Promise<void>) => Promise<T>,
  { configuration, logger, signal, atEnd }: Waiting,
): Promise<T> => {
  let reason = 'The engines are being opened.';
  let leave: (() => Promise<void>) | undefined;
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined);
  // Once it is about to listen there will be a server, and that can be stopped.
  const stop = () => leave && stopped.reject(signal.reason);
  signal.addEventListener('abort', stop);
  const makeRoom = async () => {
    const leaving = leave?.();
    leave = undefined;
    await leaving;
  };
  const toListen = async () => {
    signal.throwIfAborted();
    await makeRoom();
  };
  try {
    for (let failures = 0; ; failures++) {
      const opened: (() => Promise<unknown> | unknown)[] = [];
      signal.throwIfAborted();
      leave ??= await openWaitingRoom(configuration, () => reason);
      try {
        const started = await Promise.race([start(end => void opened.push(end), toListen), stopped.promise]);
        opened.forEach(atEnd);
        return started;
      } catch (error) {
        const closing = closeAll(opened);
        await (signal.aborted ? Promise.race([closing, sleep(CLOSE_MS)]) : closing);
        if (signal.aborted || !isAway(error)) throw error;
        const { message } = error as Error;
        if (message !== reason) logger.warn({ reason: message }, 'waiting for an engine that cannot be reached');
        reason = message;
      }
      await sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures), undefined, { signal });
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await makeRoom();
  }
};

const closeAll = async (opened: readonly (() => unknown)[]): Promise<void> => {
  for (const close of opened.toReversed()) await close();
};
