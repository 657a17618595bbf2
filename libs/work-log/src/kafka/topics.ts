import { Unusable } from '#domain';
import type { Admin } from 'kafkajs';
import { WorkLogFault } from '../work-log-options.js';
import type { KafkaConnection } from './kafka-options.js';
import { withAdmin } from './with-admin.js';

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

/** What a partition holds: from the offset `low` on, up to the one before `high`. */
export interface Extent {
  readonly low: bigint;
  readonly high: bigint;
}

interface Patience {
  wait(delayMs: number): Promise<void>;
  isClosed(): boolean;
  onFault(fault: WorkLogFault): void;
}

/** Some ten seconds. A new topic needs a moment, which is nothing to tell of; if it needs more than that, it is. */
const PATIENT_ATTEMPTS = 20;

/**
 * Creates the topic where it is missing, and answers when each of its partitions can be written and read: with what
 * each holds. Whatever is written after that has an offset from its `high` on. Tries for as long as Kafka is away.
 *
 * @throws WrongPartitions, and whatever Kafka refuses for good
 */
export const ensureTopic = async (
  connection: KafkaConnection,
  topic: string,
  shape: TopicShape,
  patience: Patience,
): Promise<readonly Extent[]> => {
  let isTold = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withAdmin(connection, async admin => {
        await create(admin, topic, shape);
        return extentsOf(admin, topic, shape.partitions);
      });
    } catch (cause) {
      if (cause instanceof WrongPartitions || patience.isClosed() || isRefusal(cause)) throw cause;
      if (!isTold && (attempt > PATIENT_ATTEMPTS || !has(NOT_THERE_YET, cause))) {
        patience.onFault(new WorkLogFault(`Kafka does not give the topic ${topic}: repeating.`, { cause }));
        isTold = true;
      }
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

/**
 * What the partitions of a topic hold, in order, as their leaders say it. A broker tells of a new topic, and who leads
 * it, before it has made its partitions; then its answer is an error.
 *
 * @throws WrongPartitions, and whatever Kafka has against it
 */
export const extentsOf = async (admin: Admin, topic: string, partitions: number): Promise<readonly Extent[]> => {
  const known = await admin.fetchTopicOffsets(topic);
  if (known.length !== partitions)
    throw new WrongPartitions(`The topic ${topic} has ${known.length} partitions and not ${partitions}.`);
  return known
    .toSorted((a, b) => a.partition - b.partition)
    .map(({ low, high }) => ({ low: BigInt(low), high: BigInt(high) }));
};

/** Errors about the topic itself come in one that holds them all. */
const isRefusal = (error: unknown): boolean => {
  const { errors = [error] } = error as { errors?: readonly unknown[] };
  return errors.some(each => has(REFUSALS, each));
};

/** kafkajs wraps what the broker has said in what it makes of it. */
const has = (types: ReadonlySet<string>, error: unknown): boolean => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { type } = cause as { type?: string };
    if (type !== undefined && types.has(type)) return true;
  }
  return false;
};

const NOT_THERE_YET = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']);

const REFUSALS = new Set([
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'POLICY_VIOLATION',
]);
