import { Unusable } from '#domain';
import type { Admin } from 'kafkajs';
import { WorkLogFault } from '../work-log-options.js';

export interface TopicShape {
  readonly partitions: number;
  readonly replicationFactor: number;
  /** How long messages are kept, in milliseconds; -1 is for ever. Or that of each key the newest one is. */
  readonly retentionMs: number | 'newest of each key';
}

/** The topic is there with another number of partitions: the same key would have two places. */
export class WrongPartitions extends Unusable {
  override readonly name = 'WrongPartitions';
}

interface Patience {
  wait(delayMs: number): Promise<void>;
  isClosed(): boolean;
  onFault(fault: WorkLogFault): void;
}

/**
 * Creates the topic where it is missing, and answers when each of its partitions has a leader. Tries for as long as
 * Kafka is away.
 *
 * @throws WrongPartitions, and whatever Kafka refuses for good
 */
export const ensureTopic = async (
  admin: Admin,
  topic: string,
  shape: TopicShape,
  patience: Patience,
): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await admin.connect();
      await create(admin, topic, shape);
      if (await isReady(admin, topic, shape.partitions)) return;
    } catch (cause) {
      if (cause instanceof WrongPartitions || patience.isClosed() || isRefusal(cause)) throw cause;
      if (attempt === 1)
        patience.onFault(new WorkLogFault(`Kafka does not give the topic ${topic}: repeating.`, { cause }));
    }
    await patience.wait(Math.min(50 * attempt, 2000));
  }
};

/** kafkajs's own waiting for leaders throws where the topic was made and is not known everywhere yet. */
const create = (admin: Admin, topic: string, { partitions, replicationFactor, retentionMs }: TopicShape) =>
  admin.createTopics({
    waitForLeaders: false,
    topics: [
      {
        topic,
        numPartitions: partitions,
        replicationFactor,
        configEntries: [
          ...retention(retentionMs),
          { name: 'min.insync.replicas', value: `${replicationFactor >= 3 ? 2 : 1}` },
        ],
      },
    ],
  });

const retention = (retentionMs: TopicShape['retentionMs']) =>
  retentionMs === 'newest of each key'
    ? [{ name: 'cleanup.policy', value: 'compact' }]
    : [
        { name: 'cleanup.policy', value: 'delete' },
        { name: 'retention.ms', value: `${retentionMs}` },
      ];

const isReady = async (admin: Admin, topic: string, partitions: number): Promise<boolean> => {
  const known = await partitionsOf(admin, topic);
  if (known === undefined || known.some(({ leader }) => leader < 0)) return false;
  if (known.length !== partitions)
    throw new WrongPartitions(`The topic ${topic} has ${known.length} partitions and not ${partitions}.`);
  return true;
};

const partitionsOf = async (admin: Admin, topic: string) => {
  try {
    return (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions;
  } catch (error) {
    const { type } = error as { type?: string };
    if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'LEADER_NOT_AVAILABLE') return undefined;
    throw error;
  }
};

/** Errors about the topic itself come in one that holds them all. */
const isRefusal = (error: unknown): boolean => {
  const { errors = [error] } = error as { errors?: readonly unknown[] };
  return errors.some(each => {
    const { type } = each as { type?: string };
    return type !== undefined && REFUSALS.has(type);
  });
};

const REFUSALS = new Set([
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'POLICY_VIOLATION',
]);
