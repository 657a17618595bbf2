import { assign } from '#hash-ring';
import { workTopic } from '#domain';
import type { WorkLog, WorkMembership } from '#domain';
import { kafkaWorkLog } from '#work-log/kafka';
import { until } from '../../engines/fleet-member.js';
import type { EnginesUnderTest } from './engines-under-test.js';
import { realClock } from './real-clock.js';

const MOST_MEMBERS = 5;
const TOPIC = workTopic('', 'moves');

export interface Moves {
  /** Share of the partitions that got another owner, times the number of members with the one that came. */
  readonly joining: readonly number[];
  /** … with the one that went. */
  readonly leaving: readonly number[];
}

interface Joined {
  readonly host: string;
  readonly log: WorkLog;
  readonly membership: WorkMembership;
  readonly owned: ReadonlySet<number>;
}

/** Conductors' members of a real group: up to five join, one after another, and leave in the order they came. */
export const moves = async (engines: EnginesUnderTest, groups: number): Promise<Moves> => {
  const joining: number[] = [];
  const leaving: number[] = [];
  for (let group = 1; group <= groups; group++) {
    const prefix = `bench-moves-${group}`;
    const members: Joined[] = [];
    let given = 0;
    const settled = async () => {
      const { partitionsPerTopic } = members[0]!.log;
      const shares = assign(members, partitionsPerTopic);
      const hasItsShare = ({ host, owned }: Joined) => same(owned, shares.get(host)!);
      await until(() => members.every(hasItsShare), 'every member to have its share');
      const share = given / partitionsPerTopic;
      given = 0;
      return share;
    };
    for (let count = 1; count <= MOST_MEMBERS; count++) {
      members.push(await join(engines, prefix, `group-${group}-conductor-${count}`, some => (given += some)));
      const share = await settled();
      if (count > 1) joining.push(share * count);
    }
    for (let count = MOST_MEMBERS; count > 1; count--) {
      const gone = members.shift()!;
      await gone.log.close();
      leaving.push((await settled()) * count);
    }
    await members[0]!.log.close();
  }
  return { joining, leaving };
};

const join = async (
  { brokers }: EnginesUnderTest,
  prefix: string,
  host: string,
  onGiven: (partitions: number) => void,
): Promise<Joined> => {
  const log = kafkaWorkLog({
    brokers,
    prefix,
    clock: realClock,
    onPoison: () => 'retry',
    onFault: ({ message }) => console.error(message),
  });
  const owned = new Set<number>();
  await log.ensureTopic(TOPIC);
  const membership = await log.join(TOPIC, {
    host,
    onAssigned: partitions => {
      onGiven(partitions.length);
      for (const partition of partitions) owned.add(partition);
    },
    onRevoked: partitions => {
      for (const partition of partitions) owned.delete(partition);
    },
    handle: async () => undefined,
  });
  return { host, log, membership, owned };
};

const same = (some: ReadonlySet<number>, others: readonly number[]): boolean =>
  some.size === others.length && others.every(each => some.has(each));
