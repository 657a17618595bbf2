import { InvalidRingMember, assign } from '#hash-ring';

/** What every member tells when it joins a group; whoever leads the group divides by it. */
export interface MemberData {
  /** Of this form. A member of another version is still a member: what it does not tell has a default. */
  readonly version: number;
  readonly host: string;
  readonly weight: number;
  /** As which member of the group it had the partitions below; the broker gives a new id to one that it expelled. */
  readonly memberId: string;
  /** Partitions that it has and has not handed over. */
  readonly owned: readonly number[];
}

export const MEMBER_DATA_VERSION = 1;

export const encodeMemberData = (data: MemberData): Buffer => Buffer.from(JSON.stringify(data));

/** Undefined for a member that is none of ours, or that no ring can place. */
export const decodeMemberData = (bytes: Buffer | undefined): MemberData | undefined => {
  try {
    const data = JSON.parse(bytes?.toString() ?? '') as Partial<MemberData>;
    if (typeof data.host !== 'string') return undefined;
    const { version = 0, host, weight = 1, memberId = '', owned = [] } = data;
    assign([{ host, weight }], 0);
    return { version, host, weight, memberId, owned };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof InvalidRingMember) return undefined;
    throw error;
  }
};
