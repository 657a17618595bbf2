import { assign } from '#hash-ring';
import type { MemberData } from './member-data.js';

export interface GroupMember {
  readonly memberId: string;
  readonly data: MemberData | undefined;
}

/**
 * What each member of a group gets: its share of the ring, except for what another one still has.
 *
 * A partition that is to move is nobody's at first. Its holder sees that it no longer has it, ends what it does,
 * hands over and joins once more, now without it: only then the new owner gets it. All others keep working all the
 * time. (Kafka's own clients do the same since KIP-429.)
 *
 * Only what was given to a member under its present id counts as held: one that was expelled has lost everything.
 * Of several members with one host the one that holds most counts, so that a host that is started twice does no harm.
 */
export const divide = (members: readonly GroupMember[], partitions: number): Map<string, number[]> => {
  const seats = [...Map.groupBy(members, ({ data }) => data?.host)].flatMap(([host, same]) =>
    host === undefined ? [] : [seatOf(host, same.toSorted(byHoldings)[0])],
  );
  const holders = new Map(members.flatMap(member => heldBy(member).map(partition => [partition, member.memberId])));
  const shares = assign(seats, partitions);
  const divided = new Map(members.map(({ memberId }) => [memberId, [] as number[]]));
  for (const { memberId, host } of seats) {
    const free = (partition: number) => (holders.get(partition) ?? memberId) === memberId;
    divided.set(memberId, (shares.get(host) ?? []).filter(free));
  }
  return divided;
};

/** Hosts that are there more than once: started twice, or come back before the group noticed that they had gone. */
export const doubledHosts = (members: readonly GroupMember[]): string[] =>
  [...Map.groupBy(members, ({ data }) => data?.host)].flatMap(([host, same]) =>
    host !== undefined && same.length > 1 ? [host] : [],
  );

const seatOf = (host: string, { memberId, data }: GroupMember) => ({ host, memberId, weight: data?.weight });

const heldBy = ({ memberId, data }: GroupMember): readonly number[] => (data?.memberId === memberId ? data.owned : []);

const byHoldings = (a: GroupMember, b: GroupMember): number =>
  heldBy(b).length - heldBy(a).length || (a.memberId < b.memberId ? -1 : 1);
