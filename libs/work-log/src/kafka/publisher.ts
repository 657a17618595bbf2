import kafkajs, { type Message, type Producer, type RecordMetadata } from 'kafkajs';
import { WorkLogClosed, WorkLogFault } from '../work-log-options.js';
import { type KafkaConnection, kafkaClient } from './kafka-options.js';

/** A message that knows its partition. */
export interface Outgoing extends Message {
  readonly partition: number;
}

/** Kafka refuses to ever take the message: repeating it is of no use. */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused';
}

interface Portion {
  readonly messages: Outgoing[];
  bytes: number;
}

interface Parcel extends Portion {
  readonly topic: string;
  readonly done: PromiseWithResolvers<void>;
}

export interface PublisherOptions extends KafkaConnection {
  wait(delayMs: number): Promise<void>;
  onFault(fault: WorkLogFault): void;
}

/** Of one request, so that it stays far below the megabyte that a broker takes of a partition at once. */
const MOST_MESSAGES = 500;
const MOST_BYTES = 400_000;
const LONGEST_WAIT_MS = 2000;
/** Some seconds. */
const PATIENT_ATTEMPTS = 5;
const REFUSALS = new Set([
  'MESSAGE_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'CORRUPT_MESSAGE',
]);

/**
 * Writes in order: one request at a time, repeated until every in-sync replica has acknowledged it. What has arrived
 * without our knowing is written twice; nothing is left out or overtaken within a partition. kafkajs's idempotent
 * mode would save the copies, and loses acknowledged messages (its issue 1005).
 */
export class Publisher {
  readonly #producer: Producer;
  readonly #queue: Parcel[] = [];
  #pumping?: Promise<void>;
  #connected = false;
  #closed = false;

  constructor(private readonly options: PublisherOptions) {
    this.#producer = kafkaClient(options).producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      // Partitions that are missing in it are looked for this often.
      metadataMaxAge: 2_000,
      // The loop below goes on for as long as it takes, and sooner.
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 },
    });
  }

  /** Parcels of messages that are not on their way yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** @throws WorkLogClosed, MessageRefused */
  async publish(topic: string, messages: readonly Outgoing[]): Promise<void> {
    if (this.#closed) throw closed();
    const parcels = portionsOf(messages).map(portion => {
      return { ...portion, topic, done: Promise.withResolvers<void>() };
    });
    this.#queue.push(...parcels);
    this.#pumping ??= this.#pump().finally(() => (this.#pumping = undefined));
    await Promise.all(parcels.map(({ done }) => done.promise));
  }

  /** What is not acknowledged by now is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { done } of this.#queue.splice(0)) done.reject(closed());
    await this.#pumping;
    await this.#producer.disconnect();
  }

  async #pump(): Promise<void> {
    // Several publications of one turn become one request.
    await undefined;
    while (this.#queue.length > 0) {
      const parcels = this.#nextParcels();
      try {
        await this.#sendUntilAcknowledged(parcels);
        for (const { done } of parcels) done.resolve();
      } catch (error) {
        for (const { done } of parcels) done.reject(error);
      }
    }
  }

  #nextParcels(): Parcel[] {
    let [count, bytes] = [0, 0];
    const isFull = (parcel: Parcel) => {
      count += parcel.messages.length;
      bytes += parcel.bytes;
      return count > MOST_MESSAGES || bytes > MOST_BYTES;
    };
    const end = this.#queue.findIndex(isFull);
    return this.#queue.splice(0, end === -1 ? this.#queue.length : Math.max(1, end));
  }

  async #sendUntilAcknowledged(parcels: readonly Parcel[]): Promise<void> {
    const byTopic = Map.groupBy(parcels, ({ topic }) => topic);
    let left = [...byTopic].map(([topic, its]) => ({ topic, messages: its.flatMap(each => each.messages) }));
    for (let attempt = 1; !this.#closed; attempt += 1) {
      let cause: unknown = new Error('not every partition is known yet');
      try {
        if (!this.#connected) await this.#producer.connect();
        this.#connected = true;
        left = without(left, await this.#producer.sendBatch({ acks: -1, topicMessages: left }));
        if (left.length === 0) return;
      } catch (error) {
        const type = refusalIn(error);
        if (type)
          throw new MessageRefused(`Kafka refuses messages to ${[...byTopic.keys()]}: ${type}.`, { cause: error });
        cause = error;
      }
      // For a moment there is nothing to tell of: leaders of new topics have to be found.
      if (attempt === PATIENT_ATTEMPTS) this.#report(left, cause);
      await this.options.wait(Math.min(100 * 2 ** attempt, LONGEST_WAIT_MS));
    }
    throw closed();
  }

  #report(topicMessages: readonly { topic: string }[], cause: unknown): void {
    const topics = topicMessages.map(({ topic }) => topic).join(', ');
    this.options.onFault(new WorkLogFault(`Kafka does not acknowledge messages to ${topics}: repeating.`, { cause }));
  }
}

/**
 * What no broker has acknowledged. kafkajs passes over partitions that its metadata do not have, as those of a topic
 * that was just made, and says nothing of it: only the answer tells.
 */
const without = (
  sent: readonly { readonly topic: string; readonly messages: Outgoing[] }[],
  acknowledged: readonly RecordMetadata[],
): { topic: string; messages: Outgoing[] }[] => {
  const known = new Set(acknowledged.map(({ topicName, partition }) => `${topicName}/${partition}`));
  return sent
    .map(({ topic, messages }) => ({
      topic,
      messages: messages.filter(({ partition }) => !known.has(`${topic}/${partition}`)),
    }))
    .filter(({ messages }) => messages.length > 0);
};

/** In order, each as large as a request may be; a message that is larger has one of its own. */
const portionsOf = (messages: readonly Outgoing[]): Portion[] => {
  const portions: Portion[] = [];
  for (const message of messages) {
    const bytes = message.value === null ? 0 : Buffer.byteLength(message.value);
    const last = portions.at(-1);
    if (last && last.messages.length < MOST_MESSAGES && last.bytes + bytes <= MOST_BYTES) {
      last.messages.push(message);
      last.bytes += bytes;
    } else portions.push({ messages: [message], bytes });
  }
  return portions;
};

const closed = () => new WorkLogClosed('The work log is closed.');

/** kafkajs wraps what the broker has said in what it makes of it. */
const refusalIn = (error: unknown): string | undefined => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const type = (cause as { type?: string }).type;
    if (type !== undefined && REFUSALS.has(type)) return type;
  }
  return undefined;
};
