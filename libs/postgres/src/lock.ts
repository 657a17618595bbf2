import pg from 'pg';
import type { PoolOptions } from './pool.js';
import { clientSettings } from './pool.js';

const PULSE_MS = 5_000;
/** PostgreSQL, appendix A: the lock was not to be had within `lock_timeout`. */
const LOCK_NOT_AVAILABLE = '55P03';

/** Held by one process at a time, as long as its session with the server lasts. */
export interface Lock {
  /** Aborted when the session broke: somebody else may hold it by now. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/**
 * Waits for a session lock of the server by this name, and answers with nothing when `signal` aborts before it is had.
 * It goes over to the next one when its holder gives it back, ends or cannot be reached any more: at once, or when the
 * server has missed its signs of life for some 25 seconds. Not through a pooler that shares sessions.
 *
 * @throws Error of the connection
 */
export const takeLock = async (
  options: Omit<PoolOptions, 'connections'>,
  name: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<Lock | undefined> => {
  const client = new pg.Client(clientSettings(options));
  const lost = new AbortController();
  const over = () => lost.abort();
  const end = () => client.end().catch(() => undefined);
  client.on('error', over).on('end', over);
  try {
    await client.connect();
    // Not before: a client that is ended while it connects never says so.
    signal.addEventListener('abort', end, { once: true });
    await client.query('SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3');
    while (!signal.aborted && !(await hasIt(client, name)));
  } catch (error) {
    await end();
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
  if (signal.aborted) {
    await end();
    return undefined;
  }
  // A server that has gone without a word is noticed by asking.
  const pulse = setInterval(() => void client.query('SELECT 1').catch(() => (over(), end())), PULSE_MS).unref();
  lost.signal.addEventListener('abort', () => clearInterval(pulse));
  return {
    lost: lost.signal,
    async release() {
      clearInterval(pulse);
      await end();
    },
  };
};

const hasIt = async (client: pg.Client, name: string): Promise<boolean> => {
  try {
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [name]);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
};
