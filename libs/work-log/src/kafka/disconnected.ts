import type { Consumer } from 'kafkajs';

/**
 * Ends a consumer. One that is still starting goes on with it all the same, and would run for ever: it is ended again
 * when it has started.
 */
export const disconnected = async (consumer: Consumer, starting: Promise<unknown>): Promise<void> => {
  await consumer.disconnect().catch(() => undefined);
  void starting.then(() => consumer.disconnect()).catch(() => undefined);
};
