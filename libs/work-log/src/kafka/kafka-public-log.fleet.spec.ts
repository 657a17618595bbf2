import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import type { Clock, PublicEvent } from '#domain';
import { type KafkaForTests, kafkaForTests } from '../../../../tools/engines/kafka/kafka-for-tests.js';
import { kafkaClient } from './kafka-options.js';
import { kafkaPublicLog } from './kafka-public-log.js';

const KEY = '1be26c0b-03f2-4d2e-ae87-c02d7f33c123';

let kafka: KafkaForTests;
beforeAll(async () => {
  kafka = await kafkaForTests();
}, 120_000);
afterAll(() => kafka.stop(), 60_000);

const anEvent = (revision: number, size = 10): PublicEvent => ({
  id: `event-${revision}`,
  source: '/ferrolog/12345678',
  type: 'ferrolog.NodeEnrolled',
  subject: `node-${KEY}`,
  time: '2026-01-01T00:00:00.000Z',
  key: KEY,
  extensions: { correlationid: 'c1' },
  data: { revision, filling: 'x'.repeat(size) },
});

describe('The public log on Kafka', () => {
  const open = (prefix: string) =>
    kafkaPublicLog({
      brokers: kafka.brokers,
      prefix,
      partitions: 4,
      clock: realClock,
      onFault: fault => {
        throw fault;
      },
    });

  it('keeps events as CloudEvents, in order, and the newest checkpoint', async () => {
    const prefix = `public-${randomUUID()}`;
    const log = open(prefix);
    expect(await log.checkpoint()).toBeUndefined();
    await log.publish([anEvent(0), anEvent(1)], 'after 1');
    await log.publish([anEvent(2)], 'after 2');
    await log.close();

    const again = open(prefix);
    expect(await again.checkpoint()).toBe('after 2');
    // Together far more than a broker takes of a partition at once.
    await again.publish(
      Array.from({ length: 60 }, (_, index) => anEvent(3 + index, 60_000)),
      'after 62',
    );
    expect(await again.checkpoint()).toBe('after 62');
    await again.close();

    const messages = await firstOf(`${prefix}.events.v1`, 63);
    expect(messages.map(({ headers }) => headers?.ce_id?.toString())).toEqual(
      Array.from({ length: 63 }, (_, revision) => `event-${revision}`),
    );
    const headers = Object.entries(messages[0].headers ?? {}).map(([name, value]) => [name, value?.toString()]);
    expect(Object.fromEntries(headers)).toEqual({
      ce_specversion: '1.0',
      ce_id: 'event-0',
      ce_source: '/ferrolog/12345678',
      ce_type: 'ferrolog.NodeEnrolled',
      ce_subject: `node-${KEY}`,
      ce_time: '2026-01-01T00:00:00.000Z',
      ce_correlationid: 'c1',
      'content-type': 'application/json',
    });
    expect(messages[0].key?.toString()).toBe(KEY);
    expect(JSON.parse(messages[0].value?.toString() ?? '')).toMatchObject({ revision: 0 });
  }, 60_000);
});

const firstOf = async (topic: string, count: number): Promise<KafkaMessage[]> => {
  const consumer = kafkaClient({ brokers: kafka.brokers }).consumer({ groupId: `reader-${randomUUID()}` });
  const messages: KafkaMessage[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      if (messages.push(message) === count) resolve();
    },
  });
  await promise;
  await consumer.disconnect();
  return messages;
};

const realClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
