import type { WorkLog, WorkMember, WorkMembership, WorkMessage } from '#domain';
import { assign, partitionOf } from '#hash-ring';
import { UnknownTopic, WorkLogClosed } from '../work-log-options.js';
import { GroupOwners } from './group-owners.js';
import { KafkaMember } from './kafka-member.js';
import { kafkaName } from './kafka-name.js';
import { lagOf } from './lag.js';
import { type KafkaWorkLogOptions, kafkaClient, settingsOf } from './kafka-options.js';
import { pause } from './pause.js';
import { Publisher } from './publisher.js';
import { ensureTopic } from './topics.js';
import { toKafka } from './work-message-format.js';

/** Wake-ups of yesterday wake nobody: whoever gains a partition looks for open work. */
const RETENTION_MS = 24 * 60 * 60 * 1000;

/**
 * The work log on Kafka, for any number of processes. It connects when it is first used, and goes on for as long as
 * it takes where Kafka is away; what it meets is reported as faults.
 *
 * A crash of a process or a broker makes messages arrive twice and loses none that was acknowledged. As to who owns a
 * partition it promises as much as Kafka can: a member that does not notice that it was expelled (its process stood
 * still) goes on until it does. `isFresh` tells it before it begins something, and the claim in the node's stream
 * stops it at the latest.
 */
export const kafkaWorkLog = (given: KafkaWorkLogOptions): WorkLog => {
  const settings = settingsOf(given);
  const { prefix, partitionsPerTopic, replicationFactor, clock, onFault, ownersEveryMs } = settings;
  const nameOf = (topic: string) => kafkaName(prefix, topic);
  const admin = kafkaClient(settings).admin();
  const end = Promise.withResolvers<void>();
  const wait = (delayMs: number) => pause(clock, delayMs, end.promise);
  const publisher = new Publisher({ ...settings, wait });
  const owners = new GroupOwners(admin, { prefix: `${prefix}.`, everyMs: ownersEveryMs, after: clock.after, onFault });
  const ensured = new Set<string>();
  const members = new Map<string, Set<KafkaMember>>();
  let closed: Promise<void> | undefined;

  const requireOpen = () => {
    if (closed) throw new WorkLogClosed('The work log is closed.');
  };
  const requireTopic = (topic: string) => {
    requireOpen();
    if (!ensured.has(topic)) throw new UnknownTopic(`There is no topic ${topic}: ensureTopic comes first.`);
  };
  const membersOf = (topic: string): Set<KafkaMember> => {
    const known = members.get(topic) ?? new Set();
    members.set(topic, known);
    return known;
  };
  const closeAll = async () => {
    await Promise.all([...members.values()].flatMap(its => [...its].map(member => member.leave())));
    end.resolve();
    await Promise.all([publisher.close(), owners.close()]);
    await admin.disconnect();
  };

  void owners.refresh();
  return {
    partitionsPerTopic,
    partitionOf: key => partitionOf(key, partitionsPerTopic),

    async ensureTopic(topic: string): Promise<void> {
      requireOpen();
      const shape = { partitions: partitionsPerTopic, replicationFactor, retentionMs: RETENTION_MS };
      await ensureTopic(settings, nameOf(topic), shape, { wait, onFault, isClosed: () => closed !== undefined });
      ensured.add(topic);
    },

    async publish(topic: string, messages: readonly WorkMessage[]): Promise<void> {
      requireTopic(topic);
      const outgoing = messages.map(message => {
        return { ...toKafka(message), partition: partitionOf(message.key, partitionsPerTopic) };
      });
      await publisher.publish(nameOf(topic), outgoing);
    },

    async join(topic: string, member: WorkMember): Promise<WorkMembership> {
      requireTopic(topic);
      const its = membersOf(topic);
      // Refuses what whoever leads the group would leave out without a word.
      const staying = [...its].filter(({ isLeaving }) => !isLeaving).map(({ host }) => ({ host }));
      assign([...staying, member], partitionsPerTopic);
      const joining = new KafkaMember(nameOf(topic), member, settings, () => void owners.refresh());
      its.add(joining);
      await joining.joined();
      return {
        async leave() {
          await joining.leave();
          its.delete(joining);
        },
        isFresh: () => joining.isFresh(),
      };
    },

    ownerOf(topic: string, key: string): string | undefined {
      const partition = partitionOf(key, partitionsPerTopic);
      const own = [...(members.get(topic) ?? [])].find(member => member.owns(partition));
      return own?.host ?? owners.ownerOf(nameOf(topic), partition);
    },

    owners(topic: string): ReadonlyMap<number, string> {
      const known = new Map(owners.ownersIn(nameOf(topic)));
      for (const member of members.get(topic) ?? [])
        for (let partition = 0; partition < partitionsPerTopic; partition++)
          if (member.owns(partition)) known.set(partition, member.host);
      return known;
    },

    lag: topic => lagOf(settings, nameOf(topic), partitionsPerTopic),
    ownersSeen: () => owners.seen,

    close: () => (closed ??= closeAll()),
  };
};
