import pg from 'pg';

export type Pool = pg.Pool;

export interface PoolOptions {
  /** `postgres://user:password@host:port/database`, with libpq's parameters for TLS. */
  readonly url: string;
  /** What the server's administrator sees. */
  readonly name: string;
  readonly connections: number;
}

/** The server gives up first: when a client no longer waits, what it sent is settled or will be within this time. */
const STATEMENT_MS = 15_000;
const LOCK_MS = 10_000;
const CLIENT_MS = 20_000;
const CONNECT_MS = 5_000;

/**
 * Connections to a database that answer durably (`synchronous_commit` may be stronger than "on", never weaker) and see
 * what was committed before each statement. They are made when they are needed, and anew after they broke.
 *
 * @throws Error when the URL is none; without the URL, which may hold a password
 */
export const openPool = (options: PoolOptions): Pool => {
  const pool = new pg.Pool(poolSettings(options));
  // An idle connection that breaks is taken out of the pool by itself; whoever asks next gets a new one.
  pool.on('error', () => undefined);
  return pool;
};

/** For who makes the pool himself. */
export const poolSettings = ({ url, name, connections }: PoolOptions): pg.PoolConfig => ({
  ...clientSettings({ url, name }),
  max: connections,
  onConnect: prepare as unknown as (client: pg.ClientBase) => void,
});

export const clientSettings = ({ url, name }: Omit<PoolOptions, 'connections'>): pg.ClientConfig => {
  requireUrl(url);
  return {
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    lock_timeout: LOCK_MS,
    query_timeout: CLIENT_MS,
    idle_in_transaction_session_timeout: STATEMENT_MS,
    keepAlive: true,
    types: { getTypeParser },
  };
};

const prepare = (client: pg.ClientBase): Promise<unknown> => {
  // Whoever uses it is told by what he asked; without a listener the process would end.
  client.on('error', () => undefined);
  return client.query(
    `SELECT set_config('default_transaction_isolation', 'read committed', false);
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')`,
  );
};

const requireUrl = (url: string): void => {
  let protocol = '';
  try {
    ({ protocol } = new URL(url));
  } catch {
    // What `new URL` throws has the whole text in it.
  }
  if (!/^postgres(ql)?:$/.test(protocol))
    throw new Error('the URL of the database is not of the form postgres://user:password@host:port/database');
};

const INT8 = 20;
const INT8_ARRAY = 1016;

/** 64-bit numbers as numbers: positions and milliseconds stay far below 2^53. */
const getTypeParser = ((oid: number, format?: 'text') => {
  if (oid === INT8) return Number;
  const parse = pg.types.getTypeParser(oid, format) as (text: string) => unknown;
  return oid === INT8_ARRAY ? (text: string) => (parse(text) as string[]).map(Number) : parse;
}) as typeof pg.types.getTypeParser;
