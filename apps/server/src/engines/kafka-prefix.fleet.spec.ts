import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { readConfiguration } from '#configuration';
import { workTopic } from '#domain';
import { type KafkaForTests, kafkaForTests } from '../../../../tools/engines/kafka/kafka-for-tests.js';
import { systemClock } from '../clock.js';
import { kafkaEngines } from './kafka.js';

let kafka: KafkaForTests;
beforeAll(async () => void (kafka = await kafkaForTests()), 120_000);
afterAll(() => kafka.stop(), 60_000);

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
}, 60_000);

const enginesOf = (workLogPrefix: string) => {
  const { configuration } = readConfiguration({
    environment: {},
    flags: {
      eventStore: 'kurrentdb://nowhere',
      database: 'postgres://nowhere/f',
      masterKey: '/nowhere',
      workLog: `kafka://${kafka.brokers.join(',')}`,
      workLogPrefix,
    },
  });
  const logger = pino({ level: 'silent' });
  return kafkaEngines(
    configuration,
    systemClock,
    logger,
    async () => undefined,
    end => void ends.push(end),
  );
};

const topicsOnce = async (isThere: (topics: readonly string[]) => boolean): Promise<readonly string[]> => {
  const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    for (;;) {
      const topics = await admin.listTopics();
      if (isThere(topics)) return topics;
    }
  } finally {
    await admin.disconnect();
  }
};

describe('What Kafka carries for an installation', () => {
  it('is all under its prefix, and another prefix begins with nothing', async () => {
    const [one, other] = [`one-${randomUUID()}`, `other-${randomUUID()}`];
    const work = workTopic('', 'fake-hardware');
    const { log, publicLog } = enginesOf(one);
    await log.ensureTopic(work);
    expect(await publicLog!.checkpoint()).toBeUndefined();
    await publicLog!.publish([], 'abcdef01-1-5');
    expect(await publicLog!.checkpoint()).toBe('abcdef01-1-5');
    const names = ['checkpoints', 'events.v1', 'replies', 'requests', 'signals', work].map(name => `${one}.${name}`);
    const topics = await topicsOnce(topics => names.every(name => topics.includes(name)));
    expect(topics.filter(topic => topic.startsWith(one)).length).toBe(names.length);
    expect(await enginesOf(other).publicLog!.checkpoint()).toBeUndefined();
  }, 120_000);
});
