import type { WorkLog, WorkMember, WorkMembership, WorkMessage } from '#domain';
import { partitionOf } from '#hash-ring';
import { UnknownTopic, WorkLogClosed, type WorkLogOptions, withDefaults } from '../work-log-options.js';
import { Topic } from './topic.js';

/**
 * The work log of the embedded default: same keys, partitions and ring as on Kafka, in the memory of one process.
 *
 * It keeps, per key, the wake-up in hand and the newest one waiting, with or without members. It forgets everything
 * at exit, which costs nothing: the truth is the event store, and whoever gains a partition scans the open work.
 */
export const inProcessWorkLog = (given: WorkLogOptions): WorkLog => {
  const options = withDefaults(given);
  const { partitionsPerTopic } = options;
  const topics = new Map<string, Topic>();
  let closed: Promise<void> | undefined;

  const open = (name: string): Topic => {
    if (closed) throw new WorkLogClosed('The work log is closed.');
    const topic = topics.get(name);
    if (!topic) throw new UnknownTopic(`There is no topic ${name}: ensureTopic comes first.`);
    return topic;
  };
  const closeAll = () => Promise.all([...topics.values()].map(topic => topic.close()));

  return {
    partitionsPerTopic,
    partitionOf: key => partitionOf(key, partitionsPerTopic),

    async ensureTopic(name: string): Promise<void> {
      if (closed) throw new WorkLogClosed('The work log is closed.');
      if (!topics.has(name)) topics.set(name, new Topic(name, options));
    },

    async publish(name: string, messages: readonly WorkMessage[]): Promise<void> {
      const { partitions } = open(name);
      for (const message of messages) partitions[partitionOf(message.key, partitionsPerTopic)].accept(message);
    },

    async join(name: string, member: WorkMember): Promise<WorkMembership> {
      const topic = open(name);
      await topic.join(member);
      return { leave: () => topic.leave(member), isFresh: () => true };
    },

    owners: name =>
      new Map(topics.get(name)?.partitions.flatMap(({ id, member }) => (member ? [[id, member.host] as const] : []))),
    lag: async name => topics.get(name)?.partitions.reduce((sum, { size }) => sum + size, 0) ?? 0,
    ownersSeen: async () => undefined,
    ownerOf: (name, key) => topics.get(name)?.partitions[partitionOf(key, partitionsPerTopic)].member?.host,

    close: () => (closed ??= closeAll().then(() => undefined)),
  };
};
