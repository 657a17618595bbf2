import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ofSuite } from '../suite/suite-folder.js';
import { startKafka } from './start-kafka.js';
import { startStandingKafka } from './standing-kafka.js';

export interface KafkaForTests {
  readonly brokers: readonly string[];
  stop(): Promise<void>;
}

/**
 * The brokers that `KAFKA_BROKERS` names (`host:port`, by commas), else the broker of this run of the suite, which
 * whoever comes first starts, else one that is started for this. Name topics so that nobody else has them.
 */
export const kafkaForTests = async (): Promise<KafkaForTests> => {
  const given = process.env.KAFKA_BROKERS;
  if (given) return { brokers: given.split(','), stop: async () => undefined };
  const shared = ofSuite()?.kafka;
  if (shared) {
    const brokers = await startStandingKafka({ folder: shared, brokers: 1 });
    return { brokers, stop: async () => undefined };
  }
  const folder = mkdtempSync(join(tmpdir(), 'kafka-'));
  const kafka = await startKafka({ folder, brokers: 1 });
  return {
    brokers: kafka.brokers,
    async stop() {
      await kafka.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
