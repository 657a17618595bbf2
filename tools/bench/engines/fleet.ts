import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStore } from '#domain';
import { workTopic } from '#domain';
import { KurrentDbEventStore } from '#event-store/kurrentdb';
import { kafkaWorkLog } from '#work-log/kafka';
import { type Member, memberOf, until } from '../../engines/fleet-member.js';
import { Client, pump } from '../client.js';
import { nodeBody } from '../node-body.js';
import type { EnginesUnderTest } from './engines-under-test.js';
import { realClock } from './real-clock.js';

type Settings = Readonly<Record<string, string>>;

/** A process of Ferrolog on these engines, as it ships but for the settings. */
export const aMember = (engines: EnginesUnderTest, name: string, roles: string, settings: Settings = {}) =>
  memberOf(name, roles, engines.folder, {
    FERROLOG_EVENT_STORE: engines.kurrentDb,
    FERROLOG_DATABASE: engines.postgres,
    FERROLOG_WORK_LOG: `kafka://${engines.brokers.join(',')}`,
    FERROLOG_MASTER_KEY: engines.masterKey,
    FERROLOG_FAKE_MACHINES: `${engines.folder}/fake-machines.log`,
    FERROLOG_HARDWARE_TYPES: 'fake-hardware',
    FERROLOG_AUTOMATED_CLEAN: 'false',
    FERROLOG_LOG_FORMAT: 'json',
    FERROLOG_LOG_LEVEL: 'warn',
    ...settings,
  });

export interface BenchFleet {
  readonly conductors: readonly Member[];
  readonly client: Client;
  readonly store: EventStore;
  /** Waits until these conductors, and no others, divide the work among themselves. */
  divided(conductors: readonly Member[]): Promise<void>;
}

/** One process for API, projector and relay, and conductors of which only the first is started. */
export const withFleet = async <T>(
  engines: EnginesUnderTest,
  { conductors: count, settings }: { readonly conductors: number; readonly settings: Settings },
  work: (fleet: BenchFleet) => Promise<T>,
): Promise<T> => {
  const hub = await aMember(engines, 'hub', 'api,projector,relay', settings);
  const conductors = await Promise.all(
    Array.from({ length: count }, (_, index) => aMember(engines, `conductor-${index + 1}`, 'conductor', settings)),
  );
  const store = await KurrentDbEventStore.connect({ connectionString: engines.kurrentDb, clock: realClock });
  const log = kafkaWorkLog({
    brokers: engines.brokers,
    clock: realClock,
    onPoison: () => 'retry',
    onFault: ({ message }) => console.error(message),
  });
  const topic = workTopic('', 'fake-hardware');
  const client = new Client(hub.url, '1.82', 32);
  try {
    await startAll([hub, conductors[0]!]);
    await log.ensureTopic(topic);
    return await work({
      conductors,
      client,
      store,
      divided: some =>
        until(() => {
          const owners = log.owners(topic);
          const hosts = new Set(owners.values());
          return owners.size === log.partitionsPerTopic && sameNames(hosts, some);
        }, 'the conductors to divide the work'),
    });
  } finally {
    client.close();
    await log.close();
    await store.close();
    await Promise.all([hub, ...conductors].map(member => member.kill()));
  }
};

export const startAll = async (members: readonly Member[]): Promise<void> => {
  await Promise.all(members.map(member => member.start()));
  await Promise.all(members.map(member => member.ready()));
};

const sameNames = (hosts: ReadonlySet<string>, members: readonly Member[]): boolean =>
  hosts.size === members.length && members.every(({ name }) => hosts.has(name));

const AT_ONCE = 32;

/** Fake machines whose deployment has one step of so many seconds, available. Answers their uuids. */
export const availableNodes = async (client: Client, count: number, stepSeconds: number): Promise<string[]> => {
  const uuids: string[] = [];
  const driver_info = { fake_deploy_delay: stepSeconds };
  await pump(count, AT_ONCE, async () => {
    const { body } = await client.call('POST', '/v1/nodes', nodeBody({ driver_info }));
    uuids.push((JSON.parse(body) as { uuid: string }).uuid);
  });
  for (const [target, state] of [
    ['manage', 'manageable'],
    ['provide', 'available'],
  ] as const) {
    await ask(client, uuids, target);
    await until(async () => (await countIn(client, state)) === count, `${count} nodes to be ${state}`);
  }
  return uuids;
};

/** Asks for each once it is free. @throws Error with an answer that is neither yes nor "later" */
export const ask = (client: Client, uuids: readonly string[], target: string): Promise<void> =>
  pump(uuids.length, AT_ONCE, async index => {
    for (;;) {
      const { status, body } = await client.call('PUT', `/v1/nodes/${uuids[index]}/states/provision`, { target });
      if (status === 202) return;
      if (status !== 409 && status !== 503) throw new Error(`${target} was answered ${status} ${body}`);
      await sleep(100);
    }
  });

const countIn = async (client: Client, state: string): Promise<number> => {
  const path = `/v1/nodes?fields=uuid&limit=1000&provision_state=${state}`;
  const { body } = await client.call('GET', path);
  return (JSON.parse(body) as { nodes: unknown[] }).nodes.length;
};
