import type { Logger } from 'pino';
import type { Configuration } from '#configuration';
import { EMBEDDED } from '#configuration';
import type { Clock } from '#domain';
import { workTopic } from '#domain';
import { KurrentDbEventStore } from '#event-store/kurrentdb';
import { asTheOnlyOne, openCheckpoint, openPool } from '#postgres';
import { readMasterKey } from '#secrets';
import { PostgresKeyStore } from '#secrets/postgres';
import { LocalSignals } from '#telemetry';
import { PostgresTelemetry, PostgresWebhookPlaces } from '#telemetry/postgres';
import { inProcessWorkLog } from '#work-log';
import { PostgresReadSide } from '#apps/projector/postgres';
import type { DataDirectory } from '../data-directory.js';
import type { AtEnd, Engines } from './engines.js';
import { watchEngines } from './health.js';
import { kafkaEngines } from './kafka.js';
import { brokersIn } from './kafka-connection.js';
import { openStore } from './open-store.js';
import { workLogFaults } from './work-log-faults.js';

/** Engines that many processes share. Each process has its part of the work; what one does for all goes by turns. */
export const serverEngines = async (
  configuration: Configuration,
  directory: DataDirectory,
  clock: Clock,
  logger: Logger,
  atEnd: AtEnd,
): Promise<Engines> => {
  const { database: url } = configuration;
  const store = await openStore(configuration.eventStore, directory.events, clock);
  atEnd(() => store.close());
  const keys = await PostgresKeyStore.open({ url, master: readMasterKey(configuration.masterKey) });
  atEnd(() => keys.close());
  const telemetry = await PostgresTelemetry.open({ url });
  atEnd(() => telemetry.close());
  const webhookPlaces = await PostgresWebhookPlaces.open(url, () => store.identity);
  atEnd(() => webhookPlaces.close());
  const readSide = await PostgresReadSide.open({
    url,
    store,
    clock,
    on: {
      rebuild: () => logger.info('building the read model from the events'),
      fault: error => logger.error({ error }, 'the read model is behind'),
    },
    beginGeneration: () => store.beginGeneration(),
  });
  atEnd(() => readSide.close());
  const pool = openPool({ url, name: 'ferrolog followers', connections: 1 });
  atEnd(() => pool.end());

  const ownerOf = async (nodeId: string): Promise<string | undefined> => {
    const node = await readSide.current.nodes.byUuid(nodeId);
    return node && carried.log.ownerOf(workTopic(node.conductor_group, node.driver), nodeId);
  };
  const isLocal = configuration.workLog === EMBEDDED.workLog;
  const carried = isLocal
    ? inProcess(clock, logger, atEnd)
    : kafkaEngines(configuration, clock, logger, ownerOf, atEnd);
  const health = watchEngines({
    store: () => store.head(),
    database: () => pool.query('SELECT 1'),
    brokers: isLocal ? [] : brokersIn(configuration.workLog),
  });
  atEnd(() => health.stop());
  return {
    store,
    ...(store instanceof KurrentDbEventStore && { storeCounters: () => ({ ...store.counters }) }),
    keys,
    erased: keys.checkpoint,
    telemetry,
    webhookPlaces,
    readSide,
    ...carried,
    checkpoint: async follower => openCheckpoint(pool, follower, store.identity, await store.head()),
    asTheOnlyOne: (name, begin) =>
      asTheOnlyOne({
        database: { url, name: `ferrolog ${name}` },
        name: `ferrolog ${name}`,
        begin,
        onBreak: error => logger.error({ error }, `${name} broke off and will be tried again`),
      }),
    impediments: () => [
      ...health.missing(),
      ...(readSide.isUpToDate ? [] : ['the read model is behind the event store']),
    ],
  };
};

const inProcess = (clock: Clock, logger: Logger, atEnd: AtEnd): Pick<Engines, 'log' | 'signals' | 'hardwareReads'> => {
  const log = inProcessWorkLog({ clock, ...workLogFaults(logger) });
  atEnd(() => log.close());
  return { log, signals: new LocalSignals(), hardwareReads: own => own! };
};
