import type { Admin, GroupDescription } from 'kafkajs';
import { WorkLogFault } from '../work-log-options.js';
import { dataIn, partitionsIn } from './ring-assigner.js';

/** Hosts by partition. */
type Owners = ReadonlyMap<number, string>;

export interface GroupOwnersOptions {
  readonly prefix: string;
  readonly everyMs: number;
  after(delayMs: number, callback: () => void): () => void;
  onFault(fault: WorkLogFault): void;
}

/**
 * Who owns what, read from Kafka's descriptions of the groups every now and then, also by processes that consume
 * nothing. While a group divides its partitions anew, or Kafka is away, the last that was known stands.
 */
export class GroupOwners {
  #groups = new Map<string, Owners>();
  readonly #seen = Promise.withResolvers<void>();
  #refreshing?: Promise<void>;
  #cancel?: () => void;
  #isAway = false;
  #closed = false;

  constructor(
    private readonly admin: Admin,
    private readonly options: GroupOwnersOptions,
  ) {}

  ownerOf(group: string, partition: number): string | undefined {
    return this.#groups.get(group)?.get(partition);
  }

  ownersIn(group: string): Owners {
    return this.#groups.get(group) ?? new Map();
  }

  /** Answers after the first look that Kafka answered. */
  get seen(): Promise<void> {
    return this.#seen.promise;
  }

  /** Looks now, and from then on. */
  refresh(): Promise<void> {
    return (this.#refreshing ??= this.#look().finally(() => (this.#refreshing = undefined)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#refreshing;
  }

  async #look(): Promise<void> {
    this.#cancel?.();
    try {
      await this.admin.connect();
      await this.#read();
      this.#seen.resolve();
      this.#isAway = false;
    } catch (cause) {
      if (!this.#isAway && !this.#closed)
        this.options.onFault(new WorkLogFault('Kafka does not say who owns what: asking on.', { cause }));
      this.#isAway = true;
    }
    if (!this.#closed) this.#cancel = this.options.after(this.options.everyMs, () => void this.refresh());
  }

  async #read(): Promise<void> {
    const { groups } = await this.admin.listGroups();
    const ours = groups.map(({ groupId }) => groupId).filter(id => id.startsWith(this.options.prefix));
    const described = ours.length === 0 ? [] : (await this.admin.describeGroups(ours)).groups;
    const entries = described.map(group => [group.groupId, this.#ownersIn(group)] as const);
    this.#groups = new Map(entries);
  }

  /** Only of a group that has come to rest does Kafka tell the members' data. */
  #ownersIn(group: GroupDescription): Owners {
    if (group.state === 'Stable') return ownersIn(group);
    if (group.state === 'Empty' || group.state === 'Dead') return new Map();
    return this.#groups.get(group.groupId) ?? new Map();
  }
}

/** Topic and group have the same name. What moves belongs to its old owner until it has handed it over. */
const ownersIn = ({ groupId, members }: GroupDescription): Owners => {
  const owners = new Map<number, string>();
  const read = members.map(member => ({ ...member, data: dataIn(member.memberMetadata) }));
  for (const { data, memberId } of read)
    if (data?.memberId === memberId) for (const partition of data.owned) owners.set(partition, data.host);
  for (const { data, memberAssignment } of read)
    if (data) for (const partition of partitionsIn(memberAssignment, groupId)) owners.set(partition, data.host);
  return owners;
};
