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
  /** What the fake machines remember of what must not be done to them twice, in the order in which it was done. */
  touched(): Touch[];
  end(): Promise<void>;
}

/** A line in the record of the fake machines. */
export interface Touch {
  readonly mark: 'begun' | 'ended';
  /** Operation and index of its step: the same in each attempt. */
  readonly step: string;
  /** Name of the conductor that did it. */
  readonly by: string;
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
    FERROLOG_WEBHOOK_ALLOW_PRIVATE: 'true',
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
    touched: () => (existsSync(fakeMachines) ? touchesIn(readFileSync(fakeMachines, 'utf8')) : []),
    async end() {
      await Promise.all(all.map(member => member.kill()));
      await Promise.all([store.dispose(), kafka.stop(), database.stop()]);
      folder.remove();
    },
  };
};

const touchesIn = (record: string): Touch[] =>
  record
    .split('\n')
    // The last one may be half written yet.
    .slice(0, -1)
    .map(line => {
      const [mark, step, by] = line.split(' ') as [Touch['mark'], string, string];
      return { mark, step, by };
    });

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
