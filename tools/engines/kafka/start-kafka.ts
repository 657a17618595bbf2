import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { portsFrom } from './ports.js';
import { LOG4J, serverProperties } from './server-properties.js';

export interface KafkaOptions {
  /** Data, settings and logs of the brokers; made where it is missing, and can be started again. */
  readonly folder: string;
  readonly brokers: 1 | 3;
  /** The first of two consecutive ports for each broker. By default those of the last start, else free ones. */
  readonly port?: number;
}

export interface RunningKafka {
  /** `host:port` of each broker. */
  readonly brokers: readonly string[];
  /** SIGKILL, as a machine that fails. Ids are 1, 2, 3. */
  kill(id: number): Promise<void>;
  /** SIGSTOP: it is there and does not answer. */
  pause(id: number): void;
  resume(id: number): void;
  /** Starts a broker that was killed, and waits until the cluster knows it. */
  restart(id: number): Promise<void>;
  /** In order. May be repeated. */
  stop(): Promise<void>;
}

interface Broker {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  /** Names its folder in the quorum of controllers: 22 characters of base64. */
  readonly directoryId: string;
}

/** What stays the same as long as there are data. */
interface Cluster {
  readonly id: string;
  readonly brokers: readonly Broker[];
}

const ROOT = join(import.meta.dirname, '../../../..');
const JARS = join(ROOT, '.scratch/engines/kafka-4.3.1/libs');
const HOST = '127.0.0.1';

/**
 * Kafka 4.3.1 in KRaft mode on loopback, each broker its own controller; installed first where it is missing. Brokers
 * end with this process.
 *
 * @throws Error where brokers run in the folder already: a second one would append to the first one's metadata
 */
export const startKafka = async ({ folder, brokers: count, port }: KafkaOptions): Promise<RunningKafka> => {
  install();
  const home = resolve(folder);
  mkdirSync(home, { recursive: true });
  const unlock = lock(home);
  const children = new Map<number, ChildProcess>();
  const killAll = () => children.forEach(child => child.kill('SIGKILL'));
  try {
    const cluster = await clusterOf(home, count, port);
    for (const broker of cluster.brokers) format(home, cluster, broker);
    for (const broker of cluster.brokers) children.set(broker.id, run(home, broker));
    await ready(home, cluster, children);
    return control(home, cluster, children, unlock);
  } catch (error) {
    killAll();
    unlock();
    throw error;
  }
};

const control = (
  home: string,
  cluster: Cluster,
  children: Map<number, ChildProcess>,
  ended: () => void,
): RunningKafka => {
  const childOf = (id: number) => {
    const child = children.get(id);
    if (!child) throw new Error(`Broker ${id} does not run.`);
    return child;
  };
  const end = async (id: number, signal: NodeJS.Signals) => {
    const child = childOf(id);
    children.delete(id);
    const exit = once(child, 'exit');
    // One that is stopped would not see any other signal.
    child.kill('SIGCONT');
    child.kill(signal);
    await exit;
  };
  return {
    brokers: cluster.brokers.map(({ port }) => `${HOST}:${port}`),
    kill: id => end(id, 'SIGKILL'),
    pause: id => void childOf(id).kill('SIGSTOP'),
    resume: id => void childOf(id).kill('SIGCONT'),
    async restart(id) {
      if (children.has(id)) throw new Error(`Broker ${id} runs.`);
      const broker = cluster.brokers[id - 1];
      children.set(id, run(home, broker));
      await ready(home, cluster, children);
    },
    async stop() {
      await Promise.all([...children.keys()].map(id => end(id, 'SIGTERM')));
      ended();
    },
  };
};

const install = (): void => {
  if (existsSync(JARS)) return;
  const script = join(ROOT, 'tools/engines/kafka/install.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Kafka could not be installed: ${stdout}${stderr}`);
};

/** One process at a time on a folder. A lock whose process is gone counts no more. */
const lock = (home: string): (() => void) => {
  const file = join(home, 'lock');
  const take = () => {
    writeFileSync(file, `${process.pid}`, { flag: 'wx' });
    return () => rmSync(file, { force: true });
  };
  try {
    return take();
  } catch (cause) {
    const holder = Number(readFileSync(file, 'utf8'));
    if (holder > 0 && isAlive(holder)) throw new Error(`Process ${holder} runs Kafka in ${home}.`, { cause });
    rmSync(file, { force: true });
    return take();
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const clusterOf = async (home: string, count: number, port?: number): Promise<Cluster> => {
  const file = join(home, 'cluster.json');
  if (existsSync(file)) {
    const known = JSON.parse(readFileSync(file, 'utf8')) as Cluster;
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
  writeFileSync(file, JSON.stringify(cluster));
  return cluster;
};

/** A uuid in Kafka's writing. A leading minus would be read as an option by its tools. */
const uuid = (): string => {
  const text = randomBytes(16).toString('base64url');
  return text.startsWith('-') ? uuid() : text;
};

const java = (...args: string[]): [string, string[]] => ['java', ['-cp', join(JARS, '*'), ...args]];

const propertiesOf = (home: string, { id }: Broker): string => join(home, `broker-${id}.properties`);

/** Does nothing to folders that are formatted already. */
const format = (home: string, { id, brokers }: Cluster, broker: Broker): void => {
  const properties = propertiesOf(home, broker);
  writeFileSync(properties, serverProperties(join(home, `broker-${broker.id}`), HOST, broker, brokers));
  writeFileSync(join(home, 'log4j2.properties'), LOG4J);
  if (existsSync(join(home, `broker-${broker.id}`, 'meta'))) return;
  const controllers = brokers.map(each => `${each.id}@${HOST}:${each.controllerPort}:${each.directoryId}`).join(',');
  const quorum = brokers.length === 1 ? ['--standalone'] : ['--initial-controllers', controllers];
  const [command, args] = java('kafka.tools.StorageTool', 'format', '-t', id, '-c', properties);
  const { status, stderr, stdout } = spawnSync(command, [...args, '--ignore-formatted', ...quorum], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Kafka's data could not be formatted: ${stdout}${stderr}`);
};

const run = (home: string, broker: Broker): ChildProcess => {
  const output = openSync(join(home, `broker-${broker.id}.log`), 'a');
  const [command, args] = java(
    '-Xmx384m',
    `-Dlog4j2.configurationFile=${join(home, 'log4j2.properties')}`,
    'kafka.Kafka',
    propertiesOf(home, broker),
  );
  // The kernel ends it with this process, in whatever way that ends.
  return spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], { stdio: ['ignore', output, output] });
};

/** Asks with a client of its own each time, until every broker that was started is known to the cluster. */
const ready = async (home: string, { brokers }: Cluster, children: ReadonlyMap<number, ChildProcess>) => {
  const deadline = Date.now() + 120_000;
  const started = brokers.filter(({ id }) => children.has(id));
  for (;;) {
    for (const [id, { exitCode }] of children)
      if (exitCode !== null) throw new Error(`Broker ${id} ended: ${lastLines(join(home, `broker-${id}.log`))}`);
    const known = await knownBrokers(started.map(({ port }) => `${HOST}:${port}`));
    if (started.every(({ id }) => known.includes(id))) return;
    if (Date.now() > deadline) throw new Error(`Waited in vain for Kafka in ${home}; it knows ${known}.`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
};

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
