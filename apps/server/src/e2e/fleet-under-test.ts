import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { readOrCreateMasterKey } from '#secrets';
import { StandInProcess, temporaryFolder } from '#testing';
import { memberOf, until, type Member } from '../../../../tools/engines/fleet-member.js';
import { startKafka } from '../../../../tools/engines/kafka/start-kafka.js';
import { runningPostgres, startPostgres } from '../../../../tools/engines/postgres.js';

export { until, type Member };

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
