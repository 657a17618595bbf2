import type { Logger } from 'pino';
import type { Configuration } from '#configuration';
import type { Clock, RecordedEvent } from '#domain';
import { checkpointInMemory } from '#event-store/follower';
import { SqliteEventStore } from '#event-store/sqlite';
import { readOrCreateMasterKey, SqliteKeyStore } from '#secrets';
import { LocalSignals, SqliteTelemetry, SqliteWebhookPlaces } from '#telemetry';
import { inProcessWorkLog } from '#work-log';
import { ReadSide } from '#apps/projector';
import type { DataDirectory } from '../data-directory.js';
import { opened } from '../data-directory.js';
import type { AtEnd, Engines } from './engines.js';
import { atOnce } from './at-once.js';
import { workLogFaults } from './work-log-faults.js';

/**
 * The embedded default: one file of events, a log and signals in memory, and the read model projected in the commit's
 * own turn. Whoever is told of a commit reads what it wrote, and nobody else does anybody's duty.
 */
export const embeddedEngines = async (
  configuration: Configuration,
  directory: DataDirectory,
  clock: Clock,
  logger: Logger,
  onCommit: ((events: readonly RecordedEvent[]) => void) | undefined,
  atEnd: AtEnd,
): Promise<Engines> => {
  const store = new SqliteEventStore({ path: directory.events, clock });
  atEnd(() => store.close());
  const masterKey = readOrCreateMasterKey(configuration.masterKey);
  const keys = opened(directory.keys, () => new SqliteKeyStore(directory.keys, masterKey));
  atEnd(() => keys.close());
  const telemetry = opened(directory.telemetry, () => new SqliteTelemetry(directory.telemetry));
  atEnd(() => telemetry.close());
  const webhookPlaces = opened(directory.webhooks, () => new SqliteWebhookPlaces(directory.webhooks, store.identity));
  atEnd(() => webhookPlaces.close());
  const readSide = await ReadSide.open(directory.path, directory.events, store, {
    rebuild: () => logger.info('building the read model from the events'),
    fault: error => logger.error({ error }, 'the read model is behind'),
  });
  atEnd(() => readSide.close());
  if (onCommit) store.onCommit(onCommit);
  store.onCommit(readSide.apply);
  const log = inProcessWorkLog({ clock, ...workLogFaults(logger) });
  atEnd(() => log.close());
  return {
    store,
    keys,
    erased: keys.checkpoint,
    telemetry,
    webhookPlaces,
    log,
    signals: new LocalSignals(),
    readSide,
    // What was before is found by whoever looks for open work.
    checkpoint: async () => checkpointInMemory(await store.head()),
    asTheOnlyOne: (_name, begin) => atOnce(begin),
    hardwareReads: own => own!,
    impediments: () => (readSide.isUpToDate ? [] : ['the read model is behind the event store']),
  };
};
