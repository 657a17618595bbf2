import type { KafkaConnection } from './kafka-options.js';
import { extentsOf } from './topics.js';
import { withAdmin } from './with-admin.js';

/**
 * Messages of the topic that its group, of the same name, has not committed. Those that Kafka has thrown away meanwhile
 * are not waited for.
 */
export const lagOf = (connection: KafkaConnection, topic: string, partitions: number): Promise<number> =>
  withAdmin(connection, async admin => {
    // First what was committed: a commit that comes in between makes the lag larger than it is, and never negative.
    const [group] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
    const extents = await extentsOf(admin, topic, partitions);
    // -1 where nothing was ever committed.
    const committed = new Map(group?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
    return extents.reduce((sum, { low, high }, partition) => {
      const done = committed.get(partition) ?? -1n;
      return sum + Number(high - (done > low ? done : low));
    }, 0);
  });
