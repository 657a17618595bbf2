import type { Admin } from 'kafkajs';

/**
 * Messages of the topic that its group, of the same name, has not committed. Those that Kafka has thrown away meanwhile
 * are not waited for.
 */
export const lagOf = async (admin: Admin, topic: string): Promise<number> => {
  await admin.connect();
  const [ends, [group]] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId: topic, topics: [topic] }),
  ]);
  // -1 where nothing was ever committed.
  const committed = new Map(group?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  return ends.reduce(
    (sum, { partition, low, high }) =>
      sum + Math.max(0, Number(high) - Math.max(Number(low), committed.get(partition) ?? -1)),
    0,
  );
};
