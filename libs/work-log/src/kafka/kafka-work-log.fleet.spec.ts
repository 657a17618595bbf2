import { afterAll, beforeAll } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type KafkaForTests, kafkaForTests } from '../../../../tools/engines/kafka/kafka-for-tests.js';
import { workLogContract } from '../contract.js';
import { kafkaWorkLog } from './kafka-work-log.js';

let kafka: KafkaForTests;
beforeAll(async () => {
  kafka = await kafkaForTests();
}, 120_000);
afterAll(() => kafka.stop(), 60_000);

workLogContract(
  'The work log on Kafka',
  options => ({
    log: kafkaWorkLog({
      ...options,
      brokers: kafka.brokers,
      prefix: `contract-${randomUUID()}`,
      partitionsPerTopic: 16,
      ownersEveryMs: 200,
    }),
  }),
  30_000,
);
