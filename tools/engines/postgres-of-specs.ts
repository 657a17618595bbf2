import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { locked } from './folder-lock.js';
import type { Postgres } from './postgres.js';
import { startPostgres } from './postgres.js';
import { ofSuite } from './suite/suite-folder.js';

/** Empty databases for specifications. */
export interface PostgresOfSpecs {
  /** URL of a database that nobody else uses. */
  database(): Promise<string>;
  /** Ends every session of the database, as when a server fails over. */
  endSessions(url: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * On the server that `POSTGRES_URL` names, else on that of this run of the suite, which whoever comes first starts, else
 * on one of its own in a temporary folder.
 */
export const postgresOfSpecs = async (): Promise<PostgresOfSpecs> => {
  const { url: admin, stop } = await serverForSpecs();
  const made: string[] = [];
  return {
    async database() {
      const url = new URL(admin);
      url.pathname = `ferrolog_spec_${randomUUID().slice(0, 8)}`;
      made.push(nameOf(url.href));
      await query(admin, `CREATE DATABASE ${nameOf(url.href)} TEMPLATE template0 ENCODING 'UTF8'`);
      return url.href;
    },
    endSessions: url =>
      query(admin, 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [nameOf(url)]),
    async stop() {
      for (const name of made) await query(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await stop();
    },
  };
};

const serverForSpecs = async (): Promise<Postgres> => {
  const { POSTGRES_URL } = process.env;
  const nothing = async () => undefined;
  if (POSTGRES_URL) return { url: POSTGRES_URL, stop: nothing };
  const shared = ofSuite();
  if (shared) {
    const { url } = await locked(shared.path, () => startPostgres({ folder: shared.postgres }));
    return { url, stop: nothing };
  }
  const folder = mkdtempSync(join(tmpdir(), 'ferrolog-postgres-'));
  const server = await startPostgres({ folder });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const nameOf = (url: string): string => new URL(url).pathname.slice(1);

const query = async (connectionString: string, text: string, values: unknown[] = []): Promise<void> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(text, values);
  } finally {
    await client.end();
  }
};

/** A way to the server that can be cut, before the server hears of a question or before its answer comes back. */
export interface FailingWay {
  /** The same database over this way. */
  readonly url: string;
  /** Cuts every connection, and takes no new one until it is mended. */
  cut(): void;
  mend(): void;
  /** The server gets what comes next with this text in it; the connection ends when its answer is on the way. */
  loseAnswerTo(text: string): void;
  close(): Promise<void>;
}

export const failingWay = async (to: string): Promise<FailingWay> => {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  let isCut = false;
  let awaited: string | undefined;
  const way = createServer(client => {
    if (isCut) return void client.destroy();
    const server = connect(Number(port), hostname);
    const end = () => [client, server].forEach(socket => socket.destroy());
    let losesAnswer = false;
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', end).on('close', () => (sockets.delete(socket), end()));
    }
    client.on('data', chunk => {
      if (awaited !== undefined && chunk.includes(awaited)) {
        losesAnswer = true;
        awaited = undefined;
      }
      server.write(chunk);
    });
    server.on('data', chunk => (losesAnswer ? end() : client.write(chunk)));
  }).listen(0, '127.0.0.1');
  await once(way, 'listening');
  const url = new URL(to);
  url.hostname = '127.0.0.1';
  url.port = String((way.address() as { port: number }).port);
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut,
    mend: () => void (isCut = false),
    loseAnswerTo: text => void (awaited = text),
    async close() {
      cut();
      way.close();
      await once(way, 'close');
    },
  };
};
