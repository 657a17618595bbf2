import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Configuration } from '#configuration';
import type { Clock, HardwareReads } from '#domain';
import {
  answerHardwareReads,
  KafkaHardwareReads,
  kafkaMailbox,
  kafkaPublicLog,
  KafkaSignals,
  kafkaWorkLog,
} from '#work-log/kafka';
import type { AtEnd, Engines } from './engines.js';
import { kafkaConnection } from './kafka-connection.js';
import { workLogFaults } from './work-log-faults.js';

/**
 * What Kafka carries: wake-ups, signals, reads of hardware, and events for the world outside. Nothing here waits for
 * it: commands need the event store alone.
 */
export const kafkaEngines = (
  configuration: Configuration,
  clock: Clock,
  logger: Logger,
  /** Host that owns a node at this moment. */
  ownerOf: (nodeId: string) => Promise<string | undefined>,
  atEnd: AtEnd,
): Pick<Engines, 'log' | 'signals' | 'publicLog' | 'hardwareReads'> => {
  const {
    workLogReplication: replicationFactor,
    workLogPrefix: prefix,
    workLogSessionSeconds,
    conductorHost,
    roles,
  } = configuration;
  const shared = { ...kafkaConnection(configuration), clock, prefix, replicationFactor, ...workLogFaults(logger) };
  const log = kafkaWorkLog({ ...shared, sessionTimeoutMs: Math.round(1000 * workLogSessionSeconds) });
  atEnd(() => log.close());

  const mailbox = (topic: 'signals' | 'requests' | 'replies', address: string | undefined) => {
    const box = kafkaMailbox({ ...shared, topic, ...(address !== undefined && { address }) });
    const opening = box.open().catch((error: unknown) => logger.error({ error }, `mail on ${topic} cannot be read`));
    atEnd(() => box.close().then(() => opening));
    return box;
  };
  const host = roles.includes('conductor') ? conductorHost : undefined;
  const signals = new KafkaSignals({
    mailbox: mailbox('signals', host),
    ...(host !== undefined && { host }),
    ownerOf,
    onError: error => logger.warn({ error }, 'a signal went nowhere'),
  });
  atEnd(() => signals.close());
  const requests = mailbox('requests', host);
  const address = randomUUID();
  const replies = mailbox('replies', address);
  const hardwareReads = (own?: HardwareReads): HardwareReads => {
    if (own) atEnd(answerHardwareReads(requests, replies, own));
    const reads = new KafkaHardwareReads({ requests, replies, address, clock, ownerOf });
    atEnd(() => reads.close());
    return reads;
  };
  if (!roles.includes('relay')) return { log, signals, hardwareReads };
  const publicLog = kafkaPublicLog(shared);
  atEnd(() => publicLog.close());
  return { log, signals, publicLog, hardwareReads };
};
