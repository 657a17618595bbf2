import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { resolve } from 'node:path';
import { tryLock } from '../folder-lock.js';
import {
  type Broker,
  type Cluster,
  type KafkaOptions,
  addressOf,
  brokerCommand,
  logOf,
  prepared,
  ready,
} from './cluster.js';
import { runningBrokers } from './standing-kafka.js';

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

/**
 * Kafka for a test of its own; installed first where it is missing. Brokers end with this process.
 *
 * @throws Error where brokers run in the folder already: a second one would append to the first one's metadata
 */
export const startKafka = async ({ folder, brokers: count, port, secured }: KafkaOptions): Promise<RunningKafka> => {
  const home = resolve(folder);
  const unlock = tryLock(home);
  if (!unlock) throw new Error(`Somebody runs Kafka in ${home}.`);
  const children = new Map<number, ChildProcess>();
  const killAll = () => children.forEach(child => child.kill('SIGKILL'));
  try {
    if (runningBrokers(home).length > 0) throw new Error(`Kafka runs in ${home}, and outlives who started it.`);
    const cluster = await prepared(home, count, port, secured);
    for (const broker of cluster.brokers) children.set(broker.id, run(home, broker));
    await allReady(home, cluster, children);
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
    brokers: cluster.brokers.map(addressOf),
    kill: id => end(id, 'SIGKILL'),
    pause: id => void childOf(id).kill('SIGSTOP'),
    resume: id => void childOf(id).kill('SIGCONT'),
    async restart(id) {
      if (children.has(id)) throw new Error(`Broker ${id} runs.`);
      const broker = cluster.brokers[id - 1];
      children.set(id, run(home, broker));
      await allReady(home, cluster, children);
    },
    async stop() {
      await Promise.all([...children.keys()].map(id => end(id, 'SIGTERM')));
      ended();
    },
  };
};

const run = (home: string, broker: Broker): ChildProcess => {
  const output = openSync(logOf(home, broker), 'a');
  const [command, args] = brokerCommand(home, broker);
  // The kernel ends it with this process, in whatever way that ends.
  return spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], { stdio: ['ignore', output, output] });
};

const allReady = (home: string, { brokers }: Cluster, children: ReadonlyMap<number, ChildProcess>) =>
  ready(
    home,
    brokers.filter(({ id }) => children.has(id)),
    ({ id }) => children.get(id)?.exitCode !== null,
  );
