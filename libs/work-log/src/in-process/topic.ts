import type { WorkMember } from '#domain';
import { assign } from '#hash-ring';
import { WorkLogFault, type WorkLogOptions } from '../work-log-options.js';
import { Partition } from './partition.js';

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
    await this.#inTime(`handle of ${member.host}`, Promise.all(partitions.map(partition => partition.pause())));
    await this.#inTime(`onRevoked of ${member.host}`, this.#tell(member, 'onRevoked', partitions));
    for (const partition of partitions) partition.release();
  }

  /** A member that is slow to get ready holds up its own partitions, and the next rebalance up to the bound. */
  async #assign(member: WorkMember, partitions: readonly Partition[]): Promise<void> {
    const open = partitions.map(partition => partition.leaseTo(member));
    const ready = this.#tell(member, 'onAssigned', partitions).then(() => open.forEach(start => start()));
    await this.#inTime(`onAssigned of ${member.host}`, ready);
  }

  async #tell(member: WorkMember, what: 'onAssigned' | 'onRevoked', partitions: readonly Partition[]): Promise<void> {
    try {
      await member[what](partitions.map(({ id }) => id));
    } catch (cause) {
      this.options.onFault(new WorkLogFault(`${what} of ${member.host} on ${this.name} rejected.`, { cause }));
    }
  }

  /** Waits up to the bound, reports what takes longer, and goes on. */
  #inTime(what: string, promise: Promise<unknown>): Promise<unknown> {
    const { clock, handOverTimeoutMs, onFault } = this.options;
    const late = Promise.withResolvers<void>();
    const cancel = clock.after(handOverTimeoutMs, () => {
      onFault(new WorkLogFault(`${what} on ${this.name} took over ${handOverTimeoutMs} ms.`));
      late.resolve();
    });
    return Promise.race([promise.finally(cancel), late.promise]);
  }
}
