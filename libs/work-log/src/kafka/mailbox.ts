import { randomUUID } from 'node:crypto';
import type { Consumer, KafkaMessage } from 'kafkajs';
import type { Clock } from '#domain';
import { partitionOf } from '#hash-ring';
import { WorkLogFault } from '../work-log-options.js';
import { type KafkaConnection, kafkaClient } from './kafka-options.js';
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
/** Mail to oneself, which says that mail is received. */
const ECHO = 'echo';
const ECHO_MS = 500;
/** A reader of a topic that has just been made may not know all of its partitions: then another one begins. */
const PATIENT_ECHOES = 10;
class Deaf extends Error {}

export const kafkaMailbox = (options: MailboxOptions): Mailbox => {
  const { clock, topic, address, prefix = 'ferrolog', replicationFactor = 1, onFault } = options;
  const name = kafkaName(prefix, topic);
  const end = Promise.withResolvers<void>();
  let isClosed = false;
  const wait = (delayMs: number) => pause(clock, delayMs, end.promise);
  const publisher = new Publisher({ ...options, wait });
  const listeners = new Set<(mail: Mail) => void>();
  let reading = Promise.resolve();

  /** Partitions that nothing was heard from yet: what comes by them may still be missed. */
  const unheard = new Set(Array.from({ length: PARTITIONS }, (_, partition) => partition));
  const hearing = Promise.withResolvers<void>();
  const deliver = (message: KafkaMessage, partition: number) => {
    const mail = message.headers?.ferrolog_to?.toString() === address ? mailIn(message) : undefined;
    if (mail?.type !== ECHO) for (const listener of mail ? listeners : []) listener(mail!);
    else if (unheard.delete(partition) && unheard.size === 0) hearing.resolve();
  };
  let deaf = Promise.withResolvers<unknown>();
  const read = async () => {
    while (!isClosed) {
      deaf = Promise.withResolvers();
      const error = await readUntilItEnds(options, name, deliver, Promise.race([end.promise, deaf.promise]));
      if (isClosed) return;
      if (error instanceof Deaf) continue;
      onFault(new WorkLogFault(`Reading ${name} ended: beginning anew.`, { cause: error }));
      await wait(RESTART_MS);
    }
  };

  const send = (to: string, { key, type, body }: Mail, partition: number) => {
    const headers = {
      ce_specversion: '1.0',
      ce_id: randomUUID(),
      ce_source: SOURCE,
      ce_type: type,
      ce_subject: key,
      'content-type': 'application/json',
      ferrolog_to: to,
    };
    publisher.publish(name, [{ key, value: JSON.stringify(body), headers, partition }]).catch((cause: unknown) => {
      if (!isClosed) onFault(new WorkLogFault(`Mail on ${name} was not posted.`, { cause }));
    });
  };

  return {
    async open() {
      const admin = kafkaClient(options).admin();
      const shape = { partitions: PARTITIONS, replicationFactor, retentionMs: RETENTION_MS };
      await ensureTopic(admin, name, shape, { wait, onFault, isClosed: () => isClosed }).finally(() =>
        admin.disconnect(),
      );
      if (address === undefined) return;
      reading = read();
      // A reader begins at the end, and nobody tells when it has found it: only its own voice does.
      for (let echoes = 1; unheard.size > 0 && !isClosed; echoes++) {
        for (const partition of unheard) send(address, { key: address, type: ECHO, body: {} }, partition);
        await Promise.race([hearing.promise, wait(ECHO_MS)]);
        if (echoes % PATIENT_ECHOES === 0) deaf.resolve(new Deaf());
      }
    },
    post(to, mail) {
      if (!isClosed && publisher.waiting < MOST_WAITING) send(to, mail, partitionOf(mail.key, PARTITIONS));
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

/** From the end of the topic on, in a group that nobody else is in. Answers why it ended. */
const readUntilItEnds = async (
  options: MailboxOptions,
  topic: string,
  onMessage: (message: KafkaMessage, partition: number) => void,
  end: Promise<unknown>,
): Promise<unknown> => {
  // Not under the prefix of the groups that share work.
  const consumer = kafkaClient(options).consumer({ groupId: `reader-${randomUUID()}`, maxWaitTimeInMs: 100 });
  try {
    return await Promise.race([consume(consumer, topic, onMessage), end]);
  } catch (error) {
    return error;
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
};

const consume = async (
  consumer: Consumer,
  topic: string,
  onMessage: (message: KafkaMessage, partition: number) => void,
): Promise<unknown> => {
  const crashed = Promise.withResolvers<unknown>();
  consumer.on(consumer.events.CRASH, ({ payload }) => crashed.resolve(payload.error));
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: false });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message, partition }) => onMessage(message, partition),
  });
  return crashed.promise;
};

const mailIn = ({ key, value, headers }: KafkaMessage): Mail | undefined => {
  try {
    const body: unknown = JSON.parse(value?.toString() ?? '');
    return { key: key?.toString() ?? '', type: headers?.ce_type?.toString() ?? '', body };
  } catch {
    return undefined;
  }
};
