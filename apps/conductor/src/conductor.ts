import type { Clock, Node, Signals, WorkLog, WorkMembership, WorkMessage } from '#domain';
import { workTopic } from '#domain';
import { Lanes } from './lanes.js';
import type { NodeWorker } from './node-worker.js';
import { every } from './periodic.js';

export interface OpenWork {
  /** Nodes of a work topic that something is under way on or waited for. */
  of(conductorGroup: string, hardwareType: string): Promise<readonly { readonly node_uuid: string }[]>;
}

export interface ConductorPorts {
  readonly host: string;
  readonly conductorGroup: string;
  readonly hardwareTypes: readonly string[];
  readonly log: WorkLog;
  readonly worker: NodeWorker;
  readonly openWork: OpenWork;
  /** Answers when the read side has everything that is in the store now. */
  readonly caughtUp: () => Promise<void>;
  readonly clock: Clock;
  readonly signals: Signals;
  readonly report: (message: string, details: object) => void;
}

/** How often what is open is looked through: a lost wake-up costs so long at the most (design 7). */
const SWEEP_MS = 60_000;

/** Follows the work topics of what it can drive, and works on the nodes of the partitions that are its own. */
export class Conductor {
  readonly #lanes: Lanes;
  readonly #owned = new Map<string, Set<number>>();
  readonly #memberships = new Map<string, WorkMembership>();
  readonly #ends: (() => void)[] = [];

  constructor(private readonly ports: ConductorPorts) {
    this.#lanes = new Lanes(
      uuid => ports.worker.work(uuid),
      (uuid, error) => ports.report('work on a node broke off', { node: uuid, error }),
    );
  }

  async start(): Promise<void> {
    const { ports } = this;
    this.#ends.push(
      ports.signals.listen((uuid, signal) => {
        if (signal === 'heartbeat') ports.worker.heard(uuid);
        void this.#lanes.run(uuid);
      }),
    );
    await Promise.all(ports.hardwareTypes.map(hardwareType => this.#join(hardwareType)));
    this.#ends.push(every(ports.clock, SWEEP_MS, () => this.#sweepAll()));
  }

  /** Whether the node is sure to be this conductor's at this moment, by the log's own clock. */
  mayAct({ uuid, attributes: { conductor_group, driver } }: Node): boolean {
    const membership = this.#memberships.get(workTopic(conductor_group, driver));
    return this.owns(conductor_group, driver, uuid) && membership !== undefined && membership.isFresh();
  }

  /** Whether the node is this conductor's as far as it knows. */
  owns(conductorGroup: string, hardwareType: string, uuid: string): boolean {
    return this.#owned.get(workTopic(conductorGroup, hardwareType))?.has(this.ports.log.partitionOf(uuid)) ?? false;
  }

  /** Effects end, partitions are handed over, and nothing new is begun. */
  async stop(): Promise<void> {
    for (const end of this.#ends) end();
    this.ports.worker.stop();
    await Promise.all([...this.#memberships.values()].map(membership => membership.leave()));
    await this.#lanes.idle();
  }

  async #join(hardwareType: string): Promise<void> {
    const topic = workTopic(this.ports.conductorGroup, hardwareType);
    const owned = new Set<number>();
    this.#owned.set(topic, owned);
    await this.ports.log.ensureTopic(topic);
    const membership = await this.ports.log.join(topic, {
      host: this.ports.host,
      onAssigned: partitions => {
        for (const partition of partitions) owned.add(partition);
        // What was open before is looked for once the record of it is complete.
        void this.#sweep(hardwareType, new Set(partitions));
      },
      onRevoked: partitions => {
        for (const partition of partitions) owned.delete(partition);
        this.ports.worker.release(
          ({ uuid, attributes: { conductor_group, driver } }) => !this.owns(conductor_group, driver, uuid),
        );
      },
      handle: (message: WorkMessage) => this.#lanes.run(message.key),
    });
    this.#memberships.set(topic, membership);
  }

  async #sweepAll(): Promise<void> {
    for (const hardwareType of this.ports.hardwareTypes)
      await this.#sweep(hardwareType, this.#owned.get(workTopic(this.ports.conductorGroup, hardwareType))!);
  }

  async #sweep(hardwareType: string, partitions: ReadonlySet<number>): Promise<void> {
    try {
      await this.ports.caughtUp();
      const open = await this.ports.openWork.of(this.ports.conductorGroup, hardwareType);
      for (const { node_uuid } of open)
        if (partitions.has(this.ports.log.partitionOf(node_uuid))) void this.#lanes.run(node_uuid);
    } catch (error) {
      this.ports.report('looking for open work broke off', { error });
    }
  }
}
