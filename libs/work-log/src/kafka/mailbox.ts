import { randomUUID } from 'node:crypto';
import type { Consumer, EachMessagePayload, KafkaMessage } from 'kafkajs';
import type { Clock } from '#domain';
import { partitionOf } from '#hash-ring';
import { WorkLogFault } from '../work-log-options.js';
import { type KafkaConnection, kafkaClient } from './kafka-options.js';
import { disconnected } from './disconnected.js';
import { kafkaName } from './kafka-name.js';
import { pause } from './pause.js';
import { Publisher } from './publisher.js';
import { ensureTopic } from './topics.js';

/** Something for one process out of many. */
export interface Mail {
  /** Node uuid. Mail of one key arrives in the order in which it was posted. */
  readonly key: string;
  readonly type: string;
  readonly body: unknown;
}

/**
 * Mail between processes over one topic, by address. It is for what costs nothing when it is lost: nothing is kept
 * for an address that nobody reads at the moment, and of what waits while Kafka is away only so much.
 */
export interface Mailbox {
  /** Answers when mail can be posted and, with an address, is received. */
  open(): Promise<void>;
  post(to: string, mail: Mail): void;
  /** For mail to the own address. Answers how to stop listening. */
  listen(listener: (mail: Mail) => void): () => void;
  close(): Promise<void>;
}

export interface MailboxOptions extends KafkaConnection {
  readonly clock: Clock;
  readonly topic: 'signals' | 'requests' | 'replies';
  /** Without one nothing is received. */
  readonly address?: string;
  readonly prefix?: string;
  readonly replicationFactor?: number;
  onFault(fault: WorkLogFault): void;
}

const PARTITIONS = 8;
/** Nobody reads what is older: readers begin at the end. */
const RETENTION_MS = 60 * 60 * 1000;
const MOST_WAITING = 10_000;
const RESTART_MS = 1000;
const SOURCE = '/ferrolog/mail';

export const kafkaMailbox = (options: MailboxOptions): Mailbox => {
  const { clock, topic, address, prefix = 'ferrolog', replicationFactor = 1, onFault } = options;
  const name = kafkaName(prefix, topic);
  const end = Promise.withResolvers<void>();
  let isClosed = false;
  const wait = (delayMs: number) => pause(clock, delayMs, end.promise);
  const publisher = new Publisher({ ...options, wait });
  const listeners = new Set<(mail: Mail) => void>();
  let reading = Promise.resolve();

  const deliver = (message: KafkaMessage) => {
    const mail = message.headers?.ferrolog_to?.toString() === address ? mailIn(message) : undefined;
    if (mail) for (const listener of listeners) listener(mail);
  };
  const read = async (next: bigint[], onReading: () => void) => {
    while (!isClosed) {
      const error = await readUntilItEnds(options, name, next, deliver, onReading, end.promise);
      if (isClosed) return;
      onFault(new WorkLogFault(`Reading ${name} ended: going on with another consumer.`, { cause: error }));
      await wait(RESTART_MS);
    }
  };

  return {
    async open() {
      const shape = { partitions: PARTITIONS, replicationFactor, retentionMs: RETENTION_MS };
      const extents = await ensureTopic(options, name, shape, { wait, onFault, isClosed: () => isClosed });
      if (address === undefined) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      // Where mail that is posted from now on will be, whenever the consumer gets so far as to read it.
      const next = extents.map(({ high }) => high);
      reading = read(next, resolve);
      await Promise.race([promise, reading]);
    },
    post(to, { key, type, body }) {
      if (isClosed || publisher.waiting >= MOST_WAITING) return;
      const headers = {
        ce_specversion: '1.0',
        ce_id: randomUUID(),
        ce_source: SOURCE,
        ce_type: type,
        ce_subject: key,
        'content-type': 'application/json',
        ferrolog_to: to,
      };
      const message = { key, value: JSON.stringify(body), headers, partition: partitionOf(key, PARTITIONS) };
      publisher.publish(name, [message]).catch((cause: unknown) => {
        if (!isClosed) onFault(new WorkLogFault(`Mail on ${name} was not posted.`, { cause }));
      });
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      isClosed = true;
      end.resolve();
      await Promise.all([publisher.close(), reading]);
    },
  };
};

/**
 * From these offsets on, by partition, which it moves on: whoever reads after it begins where it ended. In a group that
 * nobody else is in. Answers why it ended.
 */
const readUntilItEnds = async (
  options: MailboxOptions,
  topic: string,
  next: bigint[],
  onMessage: (message: KafkaMessage) => void,
  onReading: () => void,
  end: Promise<void>,
): Promise<unknown> => {
  // Not under the prefix of the groups that share work.
  const consumer = kafkaClient(options).consumer({
    groupId: `reader-${randomUUID()}`,
    maxWaitTimeInMs: 100,
    // Partitions that are missing in it are looked for this often.
    metadataMaxAge: 2_000,
    allowAutoTopicCreation: false,
  });
  const crashed = Promise.withResolvers<unknown>();
  consumer.on(consumer.events.CRASH, ({ payload }) => crashed.resolve(payload.error));
  // Left alone, kafkajs asks where the end is when it fetches, and anew each time that it has joined its group: when a
  // broker was not ready, after a pause. What came in between would be passed over. This comes before it fetches.
  consumer.on(consumer.events.GROUP_JOIN, () => {
    next.forEach((offset, partition) => consumer.seek({ topic, partition, offset: `${offset}` }));
    onReading();
  });
  const starting = start(consumer, topic, ({ partition, message }) => {
    next[partition] = BigInt(message.offset) + 1n;
    onMessage(message);
  });
  try {
    await Promise.race([starting, end]);
    return await Promise.race([crashed.promise, end]);
  } catch (error) {
    return error;
  } finally {
    await disconnected(consumer, starting);
  }
};

const start = async (
  consumer: Consumer,
  topic: string,
  onMessage: (payload: EachMessagePayload) => void,
): Promise<void> => {
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: false });
  await consumer.run({ autoCommit: false, eachMessage: async payload => onMessage(payload) });
};

const mailIn = ({ key, value, headers }: KafkaMessage): Mail | undefined => {
  try {
    const body: unknown = JSON.parse(value?.toString() ?? '');
    return { key: key?.toString() ?? '', type: headers?.ce_type?.toString() ?? '', body };
  } catch {
    return undefined;
  }
};
