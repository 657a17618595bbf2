import type { Admin } from 'kafkajs';
import { type KafkaConnection, kafkaClient } from './kafka-options.js';

/**
 * Does something with an admin client that nobody else uses. What one client of kafkajs knows of topics is overwritten
 * by whatever is asked of it at the same time; then it passes over partitions and says nothing of it.
 */
export const withAdmin = async <T>(connection: KafkaConnection, task: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = kafkaClient(connection).admin();
  try {
    await admin.connect();
    return await task(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
};
