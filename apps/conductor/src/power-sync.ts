import type { Node, NodeCommand, NodeCommandData, NodeCommandType, Surroundings } from '#domain';
import { isExcludedFromPowerSync, Problem, StoreUnavailable } from '#domain';
import type { CommandHandler } from '#command-handler';
import { uuidV5 } from '#command-handler';
import type { Performer } from './perform.js';
import { Limit } from './lanes.js';

export interface PowerSyncPorts {
  readonly host: string;
  readonly nodes: CommandHandler<Node, NodeCommand, Surroundings>;
  readonly performer: Performer;
  /** Nodes that are this conductor's at this moment. */
  readonly owned: () => AsyncIterable<string>;
  /** Whether a machine whose power is not as recorded is put back to it; else the record follows. */
  readonly force: boolean;
  readonly maxRetries: number;
  readonly atOnce: number;
}

/**
 * Reads every machine's power now and then (Ironic, state machine). What is as recorded leaves no trace; a
 * machine that cannot be read or kept in its state too often goes into maintenance, and out again when it can.
 */
export class PowerSync {
  readonly #failures = new Map<string, number>();

  constructor(private readonly ports: PowerSyncPorts) {}

  async run(): Promise<void> {
    const limit = new Limit(this.ports.atOnce);
    const running = new Set<Promise<void>>();
    for await (const uuid of this.ports.owned()) {
      const one = limit.run(() => this.#sync(uuid)).catch(() => undefined);
      running.add(one);
      void one.then(() => running.delete(one));
      if (running.size >= this.ports.atOnce * 4) await Promise.race(running);
    }
    await Promise.all(running);
  }

  async #sync(uuid: string): Promise<void> {
    const node = await this.ports.nodes.repository.load(uuid);
    const heals = node.maintenance !== null && node.fault === 'power failure';
    if (!node.present || node.reservation || node.power.target || isExcludedFromPowerSync(node.provisionState)) return;
    if (node.maintenance && !heals) return;
    const { revision } = node;
    const read = await this.#read(node);
    if (heals) {
      if (read.powerState) await this.#tell(node, 'RecoverPower', { revision, powerState: read.powerState });
      return;
    }
    // A machine that never said anything about its power, as a fake one, is as recorded, too.
    if (read.isAnswer && read.powerState === node.power.state) {
      this.#failures.delete(uuid);
      return;
    }
    if (read.powerState && node.power.state === null)
      return this.#tell(node, 'ObservePower', { revision, powerState: read.powerState });
    const failures = (this.#failures.get(uuid) ?? 0) + 1;
    this.#failures.set(uuid, failures);
    if (failures > this.ports.maxRetries) return this.#giveUp(node, read, failures);
    if (!read.powerState) return;
    if (this.ports.force && !node.attributes.disable_power_off) return this.#putBack(node, node.power.state!);
    this.#failures.delete(uuid);
    await this.#tell(node, 'ObservePower', { revision, powerState: read.powerState });
  }

  /** It is an answer where the machine said so, or has no idea itself. */
  async #read(node: Node): Promise<{ powerState: string | null; isAnswer: boolean; reason: string }> {
    try {
      const state = await this.ports.performer.read(node, 'power', 'get_power_state', {}, AbortSignal.timeout(60_000));
      return {
        powerState: state === 'power on' || state === 'power off' ? state : null,
        isAnswer: state === 'power on' || state === 'power off' || state === null,
        reason: `it answers "${String(state)}"`,
      };
    } catch (error) {
      // The machine was not even asked: the keys to how it is reached are away.
      if (error instanceof StoreUnavailable) throw error;
      return { powerState: null, isAnswer: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  async #giveUp(
    node: Node,
    { powerState, reason }: { powerState: string | null; reason: string },
    failures: number,
  ): Promise<void> {
    this.#failures.delete(node.uuid);
    const detail = powerState
      ? `During sync_power_state, max retries exceeded for node ${node.uuid}: its power is "${powerState}" and should be "${node.power.state}".`
      : `During sync_power_state, max retries exceeded for node ${node.uuid}: its power could not be read ${failures} times in a row: ${reason}.`;
    await this.#tell(node, 'ReportPowerFault', {
      revision: node.revision,
      powerState,
      problem: {
        code: 'power.out-of-sync',
        title: 'The power is not what it should be',
        detail,
        hint: 'Look at the machine and its BMC. When its power can be read again the node leaves maintenance by itself.',
      },
    });
  }

  /** As an operator would: a change of its own, with intent and outcome. */
  #putBack(node: Node, target: string): Promise<void> {
    return this.#tell(node, 'ChangePower', { target });
  }

  async #tell<T extends NodeCommandType>(node: Node, type: T, data: NodeCommandData<T>): Promise<void> {
    const tip = node.tip!;
    const commandId = uuidV5(tip.id, `${this.ports.host}/${type}/${node.revision}/${JSON.stringify(data)}`);
    const principal = { kind: 'conductor' as const, id: this.ports.host };
    const cause = { commandId, correlationId: commandId, causationId: commandId, principal };
    try {
      await this.ports.nodes.handle(node.uuid, { type, nodeId: node.uuid, data } as unknown as NodeCommand, cause);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }
}
