import { join, resolve } from 'node:path';
import type { Standing } from '../standing.js';
import { endStanding, pidOf, startStanding } from '../standing.js';
import { locked } from '../folder-lock.js';
import type { Broker, Cluster, KafkaOptions } from './cluster.js';
import { addressOf, brokerCommand, knownCluster, logOf, prepared, propertiesOf, ready } from './cluster.js';

/* Kafka that outlives who started it. Its brokers are ended by the process ids in its folder. */

/**
 * Starts what does not run, and waits until the cluster knows every broker. Whoever comes meanwhile waits. Answers the
 * `host:port` of each broker.
 *
 * @throws Error where the folder holds another number of brokers, or where one ends
 */
export const startStandingKafka = (options: KafkaOptions): Promise<readonly string[]> => {
  const home = resolve(options.folder);
  return locked(home, async () => {
    const cluster = await prepared(home, options.brokers, options.port);
    const missing = cluster.brokers.filter(broker => pidOf(standing(home, broker)) === undefined);
    for (const broker of missing)
      await startStanding(standing(home, broker), ...brokerCommand(home, broker), logOf(home, broker));
    await ready(home, cluster.brokers, broker => pidOf(standing(home, broker)) === undefined);
    return cluster.brokers.map(addressOf);
  });
};

/** Process ids of the brokers of this folder that run on their own. */
export const runningBrokers = (folder: string): number[] => {
  const home = resolve(folder);
  const pids = brokersOf(home).map(broker => pidOf(standing(home, broker)));
  return pids.filter(pid => pid !== undefined);
};

/** In order, all at once: what it takes to hand over from one to the next is for nothing. */
export const stopStandingKafka = (folder: string): Promise<void> => {
  const home = resolve(folder);
  return locked(home, async () => {
    await Promise.all(brokersOf(home).map(broker => endStanding(standing(home, broker))));
  });
};

const brokersOf = (home: string): Cluster['brokers'] => knownCluster(home)?.brokers ?? [];

const standing = (home: string, broker: Broker): Standing => ({
  pidFile: join(home, `broker-${broker.id}.pid`),
  mark: propertiesOf(home, broker),
});
