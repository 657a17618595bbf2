import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from './start-kafka.js';

export interface KafkaForTests {
  readonly brokers: readonly string[];
  stop(): Promise<void>;
}

/** The brokers that `KAFKA_BROKERS` names (`host:port`, by commas), or one that is started for this. */
export const kafkaForTests = async (): Promise<KafkaForTests> => {
  const given = process.env.KAFKA_BROKERS;
  if (given) return { brokers: given.split(','), stop: async () => undefined };
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
