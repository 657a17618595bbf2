import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOrCreateMasterKey } from '#secrets';
import { StandInProcess, temporaryFolder } from '#testing';
import { startKafka } from '../../../../tools/engines/kafka/start-kafka.js';
import { runningPostgres, startPostgres } from '../../../../tools/engines/postgres.js';

const FERROLOG = join(import.meta.dirname, '../../../../../apps/cli/bin/ferrolog');
/** Nine processes start at once on a machine that has other things to do. */
const PATIENCE_MS = 120_000;

/** A process of the fleet, as an operator starts it; its address and its folder outlive it. */
export interface Member {
  readonly name: string;
  readonly url: string;
  /** Everything that it has written, over all its lives. */
  log(): string;
  /** Whether it has been started and has not ended. */
  isRunning(): boolean;
  /** Answers when it listens. @throws Error with what it said, when it ends instead */
  start(): Promise<void>;
  /** Waits until it says that nothing stands in its way. */
  ready(): Promise<void>;
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  /** By SIGTERM. @throws Error when it does not end well */
  stop(): Promise<void>;
}

/** What the fleet stands on. Its data outlive it. */
export interface Engine {
  readonly name: string;
  kill(): Promise<void>;
  /** Again at the same address; does nothing where it runs. */
  start(): Promise<void>;
}

export interface Fleet {
  readonly conductors: readonly Member[];
  readonly apis: readonly Member[];
  readonly projectors: readonly Member[];
  readonly relays: readonly Member[];
  readonly all: readonly Member[];
  readonly store: Engine;
  readonly broker: Engine;
  readonly postgres: Engine;
  /** For who reads the store himself. */
  readonly connectionString: string;
  /** Starts what was killed, lets go on what was paused, and waits until everything is ready. */
  heal(): Promise<void>;
  /** What was begun of what must not run twice, once for each time. */
  begun(): string[];
  end(): Promise<void>;
}

export interface Shape {
  readonly conductors: number;
  readonly apis: number;
  readonly projectors: number;
  readonly relays: number;
}

/** A fleet of processes with one role each, on engines of its own: the stand-in, one broker and PostgreSQL. */
export const startFleet = async (shape: Shape): Promise<Fleet> => {
  const folder = temporaryFolder();
  // PostgreSQL runs as another user where we are root, and has to come through.
  chmodSync(folder.path, 0o711);
  const kafkaFolder = folder.file('kafka');
  mkdirSync(kafkaFolder);
  const postgresFolder = folder.file('postgres');
  const [store, kafka, database] = await Promise.all([
    StandInProcess.start(),
    startKafka({ folder: kafkaFolder, brokers: 1 }),
    startPostgres({ folder: postgresFolder }),
  ]);
  const fakeMachines = folder.file('fake-machines.log');
  const settings = {
    FERROLOG_EVENT_STORE: store.connectionString,
    FERROLOG_DATABASE: database.url,
    FERROLOG_WORK_LOG: `kafka://${kafka.brokers.join(',')}`,
    FERROLOG_MASTER_KEY: masterKeyIn(folder.file('master.key')),
    FERROLOG_FAKE_MACHINES: fakeMachines,
    FERROLOG_HARDWARE_TYPES: 'fake-hardware',
    FERROLOG_AUTOMATED_CLEAN: 'false',
    FERROLOG_LOG_FORMAT: 'json',
  };
  const some = (role: string, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) => memberOf(`${role}-${index + 1}`, role, folder.path, settings)),
    );
  const conductors = await some('conductor', shape.conductors);
  const apis = await some('api', shape.apis);
  const projectors = await some('projector', shape.projectors);
  const relays = await some('relay', shape.relays);
  const all = [...conductors, ...apis, ...projectors, ...relays];
  const engines = {
    store: engine(
      'the event store',
      () => store.kill(),
      () => store.begin(),
    ),
    broker: engine(
      'the broker',
      () => kafka.kill(1),
      () => kafka.restart(1),
    ),
    postgres: engine(
      'PostgreSQL',
      async () => {
        const { pid } = runningPostgres(postgresFolder)!;
        process.kill(pid, 'SIGKILL');
        await until(() => runningPostgres(postgresFolder) === undefined, 'the end of PostgreSQL');
      },
      () => {
        const again = () => startPostgres({ folder: postgresFolder, port: Number(new URL(database.url).port) });
        // Its sessions outlive it by a moment, and it does not begin before they have ended.
        return until(
          () =>
            again().then(
              () => true,
              () => false,
            ),
          'PostgreSQL',
        );
      },
    ),
  };
  return {
    conductors,
    apis,
    projectors,
    relays,
    all,
    ...engines,
    connectionString: store.connectionString,
    async heal() {
      for (const each of Object.values(engines)) await each.start();
      for (const member of all) member.resume();
      await Promise.all(all.filter(member => !member.isRunning()).map(member => member.start()));
      await Promise.all(all.map(member => member.ready()));
    },
    begun: () =>
      existsSync(fakeMachines)
        ? readFileSync(fakeMachines, 'utf8')
            .split('\n')
            .filter(line => line.startsWith('begun '))
        : [],
    async end() {
      await Promise.all(all.map(member => member.kill()));
      await Promise.all([store.dispose(), kafka.stop(), database.stop()]);
      folder.remove();
    },
  };
};

const engine = (name: string, kill: () => Promise<void>, start: () => Promise<void>): Engine => {
  let isDead = false;
  return {
    name,
    async kill() {
      await kill();
      isDead = true;
    },
    async start() {
      if (isDead) await start();
      isDead = false;
    },
  };
};

const masterKeyIn = (path: string): string => {
  readOrCreateMasterKey(path);
  return path;
};

const memberOf = async (
  name: string,
  role: string,
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<Member> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, `${name}.log`);
  const args = ['serve', '--roles', role, '--data', join(folder, name), '--port', String(port)];
  const read = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  let child: ChildProcess | undefined;
  const signal = (which: NodeJS.Signals) => void child?.kill(which);
  const end = async (which: NodeJS.Signals): Promise<string> => {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return 'nothing';
    const exit = once(ending, 'exit');
    ending.kill(which);
    // One that is stopped would not see it.
    ending.kill('SIGCONT');
    const [code, by] = (await exit) as [number | null, NodeJS.Signals | null];
    return String(code ?? by);
  };
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    name,
    url,
    isRunning,
    log: read,
    async start() {
      const output = openSync(log, 'a');
      // The kernel ends it with this process, in whatever way that ends.
      child = spawn('setpriv', ['--pdeathsig', 'KILL', FERROLOG, ...args, '--conductor-host', name], {
        stdio: ['ignore', output, output],
        env: { PATH: process.env.PATH!, ...settings },
      });
      closeSync(output);
      const born = child;
      await until(async () => {
        if (born.exitCode !== null || born.signalCode !== null) throw new Error(`${name} ended:\n${read()}`);
        return (await statusOf(`${url}/healthz`)) === 200;
      }, `${name} to listen`);
    },
    ready: () => until(async () => (await statusOf(`${url}/readyz`)) === 200, `${name} to be ready`),
    kill: async () => void (await end('SIGKILL')),
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async stop() {
      const how = await end('SIGTERM');
      if (how !== '0') throw new Error(`${name} ended with ${how}:\n${read().slice(-4_000)}`);
    },
  };
};

const statusOf = async (url: string): Promise<number | undefined> => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).status;
  } catch {
    return undefined;
  }
};

/** Waits until the condition holds. The bound only keeps a defect from hanging the suite. */
export const until = async (
  condition: () => boolean | Promise<boolean>,
  what: string,
  boundMs = PATIENCE_MS,
): Promise<void> => {
  for (const end = Date.now() + boundMs; !(await condition()); await sleep(50))
    if (Date.now() > end) throw new Error(`waited ${boundMs} ms in vain for ${what}`);
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};
