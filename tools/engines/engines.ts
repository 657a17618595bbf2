import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readOrCreateMasterKey } from '#secrets';
import { eventStorePid, eventStoreUrl, startEventStore, stopEventStore } from './event-store.js';
import { locked } from './folder-lock.js';
import { addressOf, knownCluster } from './kafka/cluster.js';
import { portsFrom } from './kafka/ports.js';
import { runningBrokers, startStandingKafka, stopStandingKafka } from './kafka/standing-kafka.js';
import { runningPostgres, startPostgres, stopPostgres } from './postgres.js';

/*
 * Kafka, PostgreSQL and the stand-in for EventStoreDB together, on loopback, with all they have in one folder. They
 * outlive who started them.
 */

export interface EngineState {
  /** Where it is, or will be again: `host:port` by commas, or a URL with the password in it. */
  readonly address: string;
  /** Of what runs. */
  readonly pids: readonly number[];
  /** How many processes it takes to be whole. */
  readonly wanted: number;
}

export interface Engines<State = EngineState> {
  readonly kafka: State;
  readonly postgres: State;
  readonly eventStore: State;
}

export interface Started extends EngineState {
  /** False where all of it ran already. */
  readonly isNew: boolean;
}

export interface EnginesOptions {
  readonly folder: string;
  /** By default as many as the last time, else one. */
  readonly brokers?: 1 | 3;
}

/**
 * Starts what does not run, and answers when all of it can be used. Whoever comes meanwhile waits, and finds it running.
 * The addresses are the same each time.
 *
 * @throws Error with what an engine wrote when it does not start, and the others run on; where the folder holds another
 * number of brokers, and nothing is started
 */
export const startEngines = ({ folder, brokers }: EnginesOptions): Promise<Engines<Started>> =>
  lockedAt(folder, async places => {
    const known = brokersOf(places);
    if (known && brokers && known !== brokers) throw new Error(otherNumber(folder, known));
    const before = stateOf(places);
    const ports = await portsOf(places);
    readOrCreateMasterKey(places.masterKey);
    const starts = await Promise.allSettled([
      startStandingKafka({ folder: places.kafka, brokers: brokers ?? known ?? 1 }),
      startPostgres({ folder: places.postgres, port: ports.postgres }),
      startEventStore(places.eventStore, ports.eventStore),
    ]);
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    const after = stateOf(places)!;
    const old = Object.values(before ?? {}).flatMap(({ pids }: EngineState) => pids);
    const told = (state: EngineState) => ({ ...state, isNew: state.pids.some(pid => !old.includes(pid)) });
    return { kafka: told(after.kafka), postgres: told(after.postgres), eventStore: told(after.eventStore) };
  });

/** Ends all that runs, by the ids in the folder, and waits until it is gone. Answers what ran. */
export const stopEngines = async (folder: string): Promise<Engines | undefined> => {
  if (!existsSync(folder)) return undefined;
  return lockedAt(folder, async places => {
    const before = stateOf(places);
    await Promise.all([
      stopStandingKafka(places.kafka),
      stopPostgres(places.postgres),
      stopEventStore(places.eventStore),
    ]);
    return before;
  });
};

/** Nothing where they were never started. */
export const enginesOf = (folder: string): Engines | undefined => stateOf(placesOf(folder));

/** The file with the key that wraps all data keys, for processes that use these engines. */
export const masterKeyOf = (folder: string): string => placesOf(folder).masterKey;

const placesOf = (folder: string) => {
  const home = resolve(folder);
  const [kafka, postgres, eventStore] = ['kafka', 'postgres', 'event-store'].map(name => join(home, name));
  return { home, kafka, postgres, eventStore, ports: join(home, 'ports.json'), masterKey: join(home, 'master.key') };
};

type Places = ReturnType<typeof placesOf>;

const lockedAt = <T>(folder: string, task: (places: Places) => Promise<T>): Promise<T> => {
  const places = placesOf(folder);
  mkdirSync(places.home, { recursive: true });
  // PostgreSQL is another user then, and has to come through.
  if (process.getuid?.() === 0) chmodSync(places.home, statSync(places.home).mode | 0o011);
  return locked(places.home, () => task(places));
};

interface Ports {
  readonly postgres: number;
  readonly eventStore: number;
}

const knownPorts = ({ ports }: Places): Ports | undefined =>
  existsSync(ports) ? (JSON.parse(readFileSync(ports, 'utf8')) as Ports) : undefined;

const portsOf = async (places: Places): Promise<Ports> => {
  const known = knownPorts(places);
  if (known) return known;
  const postgres = await portsFrom(undefined, 2);
  const ports = { postgres, eventStore: postgres + 1 };
  writeFileSync(places.ports, JSON.stringify(ports));
  return ports;
};

const brokersOf = ({ kafka }: Places): 1 | 3 | undefined => knownCluster(kafka)?.brokers.length as 1 | 3 | undefined;

const otherNumber = (folder: string, known: number): string =>
  `The Kafka in ${folder} has ${known === 1 ? 'one broker' : `${known} brokers`}, for good. Name another folder with --data.`;

const stateOf = (places: Places): Engines | undefined => {
  const ports = knownPorts(places);
  if (!ports) return undefined;
  const brokers = knownCluster(places.kafka)?.brokers ?? [];
  const postgres = runningPostgres(places.postgres);
  const present = (pid: number | undefined) => (pid === undefined ? [] : [pid]);
  return {
    kafka: {
      address: brokers.map(addressOf).join(','),
      pids: runningBrokers(places.kafka),
      // Before the first one is made, at least one.
      wanted: brokers.length || 1,
    },
    postgres: { address: postgres?.url ?? `127.0.0.1:${ports.postgres}`, pids: present(postgres?.pid), wanted: 1 },
    eventStore: {
      address: eventStoreUrl(ports.eventStore),
      pids: present(eventStorePid(places.eventStore)),
      wanted: 1,
    },
  };
};
