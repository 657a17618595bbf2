import type { PoolOptions } from './pool.js';
import { takeLock } from './lock.js';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

/** What a process does by itself, from its start until it is stopped. */
export interface Duty {
  start(): void;
  /** What is in hand is finished first. */
  stop(): Promise<void>;
}

export interface OnlyOneOptions {
  readonly database: Omit<PoolOptions, 'connections'>;
  /** Of the duty: the same in all processes that share it. */
  readonly name: string;
  /** A new one for each time that this process has its turn. It reads its place anew: others went on meanwhile. */
  readonly begin: () => Duty | Promise<Duty>;
  /** Called once for each break, however many attempts it takes to get over it. */
  readonly onBreak: (error: unknown) => void;
}

/**
 * A duty that one process at a time has, of all those that could: whoever holds a lock of the server. Who has lost it
 * stops as soon as he notices; until then there may be two, so what they write needs a fence of its own.
 */
export const asTheOnlyOne = ({ database, name, begin, onBreak }: OnlyOneOptions): Duty => {
  const end = new AbortController();
  let done: Promise<void> = Promise.resolve();

  const takeTurn = async (): Promise<void> => {
    const lock = await takeLock(database, name, end.signal);
    if (!lock) return;
    try {
      const duty = await begin();
      duty.start();
      await aborted(AbortSignal.any([end.signal, lock.lost]));
      await duty.stop();
    } finally {
      await lock.release();
    }
  };

  const goOn = async (): Promise<void> => {
    for (let failures = 0; !end.signal.aborted;) {
      try {
        await takeTurn();
        failures = 0;
      } catch (error) {
        if (failures++ === 0) onBreak(error);
      }
      const waitMs = Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);
      await aborted(AbortSignal.any([end.signal, AbortSignal.timeout(waitMs)]));
    }
  };

  return {
    start: () => void (done = goOn()),
    async stop() {
      end.abort();
      await done;
    },
  };
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
