import kafkajs, { type Assigner, type PartitionAssigner } from 'kafkajs';
import { divide, doubledHosts } from './divide.js';
import { type MemberData, decodeMemberData, encodeMemberData } from './member-data.js';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

/** Never changes: the members of a group must have an assigner in common, those of an older release too. */
const NAME = 'ferrolog-ring';
/** Of kafkajs's envelope. The version of what is in it is in the member data. */
const VERSION = 1;

/**
 * Divides the partitions of a group's one topic by the ring. `dataOf` is called at each join for what this member
 * tells of itself, `onDoubled` for each host of which only one member can have something.
 */
export const ringAssigner =
  (dataOf: () => MemberData, onDoubled: (host: string) => void): PartitionAssigner =>
  ({ cluster }): Assigner => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: MemberMetadata.encode({ version: VERSION, topics, userData: encodeMemberData(dataOf()) }),
    }),
    async assign({ members, topics: [topic] }) {
      const known = members.map(({ memberId, memberMetadata }) => ({ memberId, data: dataIn(memberMetadata) }));
      doubledHosts(known).forEach(onDoubled);
      const shares = divide(known, cluster.findTopicPartitionMetadata(topic).length);
      return [...shares].map(([memberId, partitions]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment: { [topic]: partitions },
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });

/** Of a member as it joins, or as a description of its group shows it. */
export const dataIn = (memberMetadata: Buffer): MemberData | undefined =>
  memberMetadata.length === 0 ? undefined : decodeMemberData(MemberMetadata.decode(memberMetadata)?.userData);

/** The partitions of a topic in what a description of a group shows as assigned. */
export const partitionsIn = (memberAssignment: Buffer, topic: string): readonly number[] =>
  memberAssignment.length === 0 ? [] : (MemberAssignment.decode(memberAssignment)?.assignment[topic] ?? []);
