import type { WorkMember } from '#domain';
import { assign } from '#hash-ring';
import { inTime, tell } from '../hand-over.js';
import { Partition } from '../partition.js';
import type { WorkLogOptions } from '../work-log-options.js';

/** Partitions and members of one topic, and the hand-over between them. */
export class Topic {
  readonly partitions: readonly Partition[];
  readonly #members = new Map<string, WorkMember>();
  #rebalanced: Promise<void> = Promise.resolve();

  constructor(
    private readonly name: string,
    private readonly options: Required<WorkLogOptions>,
  ) {
    this.partitions = Array.from({ length: options.partitionsPerTopic }, (_, id) => new Partition(id, options));
  }

  /** @throws InvalidRingMember before anything has changed */
  async join(member: WorkMember): Promise<void> {
    assign([...this.#members.values(), member], this.partitions.length);
    this.#members.set(member.host, member);
    await this.#rebalance();
  }

  async leave(member: WorkMember): Promise<void> {
    // Its host may have joined anew since.
    if (this.#members.get(member.host) === member) this.#members.delete(member.host);
    await this.#rebalance();
  }

  async close(): Promise<void> {
    this.#members.clear();
    await this.#rebalance();
    for (const partition of this.partitions) partition.dispose();
  }

  /** One at a time: what came meanwhile is settled by the next one, which often has nothing left to do. */
  #rebalance(): Promise<void> {
    this.#rebalanced = this.#rebalanced.then(() => this.#handOver());
    return this.#rebalanced;
  }

  /** First everything is taken away, then given: no partition ever has two owners. */
  async #handOver(): Promise<void> {
    const owners = this.#ownersByRing();
    const moving = this.partitions.filter(partition => partition.member !== owners[partition.id]);
    const revoked = Map.groupBy(moving, partition => partition.member);
    await Promise.all([...revoked].map(([member, partitions]) => member && this.#revoke(member, partitions)));
    const assigned = Map.groupBy(moving, partition => owners[partition.id]);
    await Promise.all([...assigned].map(([member, partitions]) => member && this.#assign(member, partitions)));
  }

  #ownersByRing(): (WorkMember | undefined)[] {
    const owners: WorkMember[] = [];
    const shares = assign([...this.#members.values()], this.partitions.length);
    for (const member of this.#members.values()) {
      for (const id of shares.get(member.host) ?? []) owners[id] = member;
    }
    return owners;
  }

  async #revoke(member: WorkMember, partitions: readonly Partition[]): Promise<void> {
    const { options } = this;
    const paused = Promise.all(partitions.map(partition => partition.pause()));
    await inTime(options, `handle of ${member.host} on ${this.name}`, paused);
    await inTime(options, `onRevoked of ${member.host} on ${this.name}`, this.#tell(member, 'onRevoked', partitions));
    for (const partition of partitions) partition.release();
  }

  /** A member that is slow to get ready holds up its own partitions, and the next rebalance up to the bound. */
  async #assign(member: WorkMember, partitions: readonly Partition[]): Promise<void> {
    const open = partitions.map(partition => partition.leaseTo(member));
    const ready = this.#tell(member, 'onAssigned', partitions).then(() => open.forEach(start => start()));
    await inTime(this.options, `onAssigned of ${member.host} on ${this.name}`, ready);
  }

  #tell(member: WorkMember, what: 'onAssigned' | 'onRevoked', partitions: readonly Partition[]): Promise<void> {
    const ids = partitions.map(({ id }) => id);
    return tell(this.options, this.name, member, what, ids);
  }
}
