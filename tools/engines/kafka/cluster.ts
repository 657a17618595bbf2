import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { portsFrom } from './ports.js';
import { LOG4J, type Secured, serverProperties } from './server-properties.js';

/*
 * A cluster of Kafka 4.3.1 in KRaft mode on loopback, each broker its own controller: its data in a folder, the
 * commands that run it, and whether it is there. Who runs the brokers is in start-kafka.ts and standing-kafka.ts.
 */

export interface KafkaOptions {
  /** Data, settings and logs of the brokers; made where it is missing, and can be started again. */
  readonly folder: string;
  readonly brokers: 1 | 3;
  /** The first of two consecutive ports for each broker. By default those of the last start, else free ones. */
  readonly port?: number;
  /** A listener of the first broker that lets in only whom it knows, beside the one for everybody. */
  readonly secured?: Secured;
}

export interface Broker {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  /** Names its folder in the quorum of controllers: 22 characters of base64. */
  readonly directoryId: string;
}

/** What stays the same as long as there are data. */
export interface Cluster {
  readonly id: string;
  readonly brokers: readonly Broker[];
}

const ROOT = join(import.meta.dirname, '../../../..');
const JARS = join(ROOT, '.scratch/engines/kafka-4.3.1/libs');
const HOST = '127.0.0.1';

/** `host:port`. */
export const addressOf = ({ port }: Broker): string => `${HOST}:${port}`;

export const logOf = (home: string, { id }: Broker): string => join(home, `broker-${id}.log`);

export const propertiesOf = (home: string, { id }: Broker): string => join(home, `broker-${id}.properties`);

/** The cluster of the folder, ready to be run: installed and formatted where it was not. */
export const prepared = async (home: string, count: number, port?: number, secured?: Secured): Promise<Cluster> => {
  install();
  const cluster = await clusterOf(home, count, port);
  for (const broker of cluster.brokers) format(home, cluster, broker, secured);
  return cluster;
};

/** The one whose data are in the folder. */
export const knownCluster = (home: string): Cluster | undefined => {
  const file = clusterFile(home);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Cluster) : undefined;
};

/** The program and its arguments; the path of its settings is the last one. */
export const brokerCommand = (home: string, broker: Broker): [string, string[]] =>
  java('-Xmx384m', `-Dlog4j2.configurationFile=${log4jOf(home)}`, 'kafka.Kafka', propertiesOf(home, broker));

/**
 * Asks with a client of its own each time, until each of these brokers is known to the cluster.
 *
 * @throws Error with what it wrote when one of them has ended
 */
export const ready = async (home: string, brokers: readonly Broker[], hasEnded: (broker: Broker) => boolean) => {
  const deadline = Date.now() + 120_000;
  for (;;) {
    for (const broker of brokers)
      if (hasEnded(broker)) throw new Error(`Broker ${broker.id} ended: ${lastLines(logOf(home, broker))}`);
    const known = await knownBrokers(brokers.map(addressOf));
    if (brokers.every(({ id }) => known.includes(id))) return;
    if (Date.now() > deadline) throw new Error(`Waited in vain for Kafka in ${home}; it knows ${known}.`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
};

const install = (): void => {
  if (existsSync(JARS)) return;
  const script = join(ROOT, 'tools/engines/kafka/install.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Kafka could not be installed: ${stdout}${stderr}`);
};

const clusterFile = (home: string): string => join(home, 'cluster.json');
const log4jOf = (home: string): string => join(home, 'log4j2.properties');

const clusterOf = async (home: string, count: number, port?: number): Promise<Cluster> => {
  const known = knownCluster(home);
  if (known) {
    if (known.brokers.length !== count || (port !== undefined && known.brokers[0].port !== port))
      throw new Error(`${home} holds ${known.brokers.length} brokers from port ${known.brokers[0].port} on.`);
    return known;
  }
  const first = await portsFrom(port, 2 * count);
  const brokers = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    port: first + 2 * index,
    controllerPort: first + 2 * index + 1,
    directoryId: uuid(),
  }));
  const cluster = { id: uuid(), brokers };
  writeFileSync(clusterFile(home), JSON.stringify(cluster));
  return cluster;
};

/** A uuid in Kafka's writing. A leading minus would be read as an option by its tools. */
const uuid = (): string => {
  const text = randomBytes(16).toString('base64url');
  return text.startsWith('-') ? uuid() : text;
};

const java = (...args: string[]): [string, string[]] => ['java', ['-cp', join(JARS, '*'), ...args]];

/** Does nothing to folders that are formatted already. */
const format = (home: string, { id, brokers }: Cluster, broker: Broker, secured?: Secured): void => {
  const properties = propertiesOf(home, broker);
  const ofBroker = broker === brokers[0] ? secured : undefined;
  writeFileSync(properties, serverProperties(join(home, `broker-${broker.id}`), HOST, broker, brokers, ofBroker));
  writeFileSync(log4jOf(home), LOG4J);
  if (existsSync(join(home, `broker-${broker.id}`, 'meta'))) return;
  const controllers = brokers.map(each => `${each.id}@${HOST}:${each.controllerPort}:${each.directoryId}`).join(',');
  const quorum = brokers.length === 1 ? ['--standalone'] : ['--initial-controllers', controllers];
  const [command, args] = java('kafka.tools.StorageTool', 'format', '-t', id, '-c', properties);
  const users = secured ? scramUsers(secured) : [];
  const { status, stderr, stdout } = spawnSync(command, [...args, '--ignore-formatted', ...quorum, ...users], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Kafka's data could not be formatted: ${stdout}${stderr}`);
};

const scramUsers = ({ user, password }: Secured): string[] =>
  ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap(name => ['--add-scram', `${name}=[name=${user},password=${password}]`]);

const knownBrokers = async (brokers: string[]): Promise<number[]> => {
  const kafka = new Kafka({
    brokers,
    connectionTimeout: 1000,
    requestTimeout: 1000,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId);
  } catch {
    return [];
  } finally {
    await admin.disconnect();
  }
};

const lastLines = (file: string): string => readFileSync(file, 'utf8').split('\n').slice(-10).join('\n');
