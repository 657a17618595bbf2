import { randomUUID } from 'node:crypto';
import type { Clock, PublicEvent, PublicLog } from '#domain';
import { partitionOf } from '#hash-ring';
import type { WorkLogFault } from '../work-log-options.js';
import { type KafkaConnection, kafkaClient } from './kafka-options.js';
import { kafkaName } from './kafka-name.js';
import { pause } from './pause.js';
import { type Outgoing, Publisher } from './publisher.js';
import { ensureTopic } from './topics.js';

export interface KafkaPublicLogOptions extends KafkaConnection {
  readonly clock: Clock;
  readonly prefix?: string;
  /** Of the topic of events, for good, 64 by default. */
  readonly partitions?: number;
  readonly replicationFactor?: number;
  /** How long Kafka keeps events, in milliseconds. For ever by default. */
  readonly retentionMs?: number;
  onFault(fault: WorkLogFault): void;
}

/** The version is that of the contract: what would break readers gets a topic of its own. */
const EVENTS = 'events.v1';
/** Of each follower the newest place, by its name. */
const CHECKPOINTS = 'checkpoints';

/** The public topic `<prefix>.events.v1`, in CloudEvents 1.0, Kafka protocol binding, binary mode. */
export const kafkaPublicLog = (options: KafkaPublicLogOptions): PublicLog & { close(): Promise<void> } => {
  const { clock, prefix = 'ferrolog', partitions = 64, replicationFactor = 1, retentionMs = -1, onFault } = options;
  const [events, checkpoints] = [kafkaName(prefix, EVENTS), kafkaName(prefix, CHECKPOINTS)];
  const end = Promise.withResolvers<void>();
  let isClosed = false;
  const wait = (delayMs: number) => pause(clock, delayMs, end.promise);
  const publisher = new Publisher({ ...options, wait });

  return {
    async checkpoint() {
      const patience = { wait, onFault, isClosed: () => isClosed };
      await ensureTopic(options, events, { partitions, replicationFactor, retentionMs }, patience);
      const newest = { partitions: 1, replicationFactor, retentionMs: 'newest of each key' as const };
      const [{ low, high }] = await ensureTopic(options, checkpoints, newest, patience);
      return low === high ? undefined : lastOf(options, checkpoints, EVENTS, high);
    },
    async publish(its, checkpoint) {
      await publisher.publish(
        events,
        its.map(event => toCloudEvent(event, partitionOf(event.key, partitions))),
      );
      await publisher.publish(checkpoints, [{ key: EVENTS, value: checkpoint, partition: 0 }]);
    },
    async close() {
      isClosed = true;
      end.resolve();
      await publisher.close();
    },
  };
};

const toCloudEvent = (event: PublicEvent, partition: number): Outgoing => {
  const { id, source, type, subject, time, key, extensions, data } = event;
  const attributes = { specversion: '1.0', id, source, type, subject, time, ...extensions };
  const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]));
  const value = JSON.stringify(data);
  return { key, value, partition, headers: { ...headers, 'content-type': 'application/json' } };
};

/** The newest value of a key in a topic of one partition that ends before the offset. */
const lastOf = async (
  connection: KafkaConnection,
  topic: string,
  key: string,
  end: bigint,
): Promise<string | undefined> => {
  const consumer = kafkaClient(connection).consumer({ groupId: `reader-${randomUUID()}`, maxWaitTimeInMs: 100 });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let last: string | undefined;
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        if (message.key?.toString() === key) last = message.value?.toString();
        if (BigInt(message.offset) + 1n >= end) resolve();
      },
    });
    await promise;
    return last;
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
};
