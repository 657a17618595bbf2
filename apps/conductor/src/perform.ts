import type { Action, Bag, InterfaceType, Node, Operation, PlannedStep, Ramdisk, StepResult } from '#domain';
import { interfaceOf, powerTargets, Problem } from '#domain';
import type {
  ActionOutcome,
  Drivers,
  Effect,
  EffectAgent,
  EffectClock,
  Implementation,
  Step,
  StepOutcome,
} from '#drivers';
import type { Content } from '#command-handler';
import { isBlob } from '#command-handler';

/** What an effect is under. */
export interface Permit {
  /** Tells it to end. */
  readonly signal: AbortSignal;
  /** Asked in the turn in which the machine is touched: what comes before may take its time. @throws where it must not be */
  readonly check: () => void;
}

/** The hands of a conductor: finds the driver's function behind a step or an action, and calls it. */
export class Performer {
  constructor(
    private readonly drivers: Drivers,
    private readonly content: Content,
    private readonly clock: EffectClock,
    private readonly maxWaitStepMs: number,
  ) {}

  async step(node: Node, operation: Operation, permit: Permit): Promise<StepOutcome> {
    const planned = operation.steps[operation.index]!;
    const effect = await this.#effect(node, planned.args ?? {}, stepId(operation), permit);
    if (planned.implementation === '') return this.#reserved(planned, effect);
    return this.#stepOf(node, planned, operation).run(effect);
  }

  /** After a restart, about a step that must not run twice. */
  async confirm(
    node: Node,
    operation: Operation,
    permit: Permit,
  ): Promise<'done' | 'not begun' | 'under way' | 'unknown'> {
    const planned = operation.steps[operation.index]!;
    const step = this.#stepOf(node, planned, operation);
    if (!step.confirm) return 'unknown';
    return step.confirm(await this.#effect(node, planned.args ?? {}, stepId(operation), permit));
  }

  /** Whether a step that waits has come to an end. */
  async poll(node: Node, operation: Operation, since: string, permit: Permit): Promise<StepOutcome | undefined> {
    const planned = operation.steps[operation.index]!;
    if (planned.implementation === '') return planned.step === 'wait' ? { done: {} } : this.#restarted(node);
    const step = this.#stepOf(node, planned, operation);
    return step.poll?.(await this.#effect(node, planned.args ?? {}, stepId(operation), permit), since);
  }

  /** Puts back what an operation left behind that ended in a ramdisk. */
  async removeRamdisk(node: Node, ramdisk: Ramdisk, permit: Permit): Promise<{ readonly powerState?: string }> {
    const { removeRamdisk } = this.#implementation(node, 'deploy', interfaceOf(node, 'deploy'));
    return removeRamdisk ? removeRamdisk(await this.#effect(node, {}, ramdisk.operation, permit), ramdisk) : {};
  }

  async action(node: Node, action: Action, permit: Permit): Promise<ActionOutcome> {
    const implementation = this.#implementation(node, action.interface as InterfaceType, action.implementation);
    const perform = implementation.actions?.[action.method];
    if (!perform) throw unsupported(node, action.interface, action.method);
    return perform(await this.#effect(node, action.args, action.id, permit));
  }

  async read(node: Node, type: InterfaceType, question: string, args: Bag, signal: AbortSignal): Promise<unknown> {
    const implementation = this.#implementation(node, type, interfaceOf(node, type));
    const read = implementation.reads?.[question];
    if (!read) throw unsupported(node, type, question);
    return read(await this.#effect(node, args, '', { signal, check: () => undefined }));
  }

  /** Steps of the conductor itself, on whatever the node's power interface is. */
  async #reserved(planned: PlannedStep, effect: Effect): Promise<StepOutcome> {
    if (planned.step === 'wait') {
      const ms = Math.min(Number(planned.args?.seconds ?? 0) * 1000, this.maxWaitStepMs);
      await this.clock.sleep(Math.max(0, ms), effect.signal);
      return { done: {} };
    }
    const target = { power_on: 'power on', power_off: 'power off', reboot: 'rebooting' }[planned.step];
    if (!target) throw new Error(`the conductor has no step "${planned.step}"`);
    const { node } = effect;
    const power = this.#implementation(node, 'power', interfaceOf(node, 'power'));
    const perform = power.actions?.set_power_state;
    if (!perform) throw unsupported(node, 'power', planned.step);
    const { powerState = powerTargets[target] } = await perform({ ...effect, args: { target } });
    // A ramdisk that was restarted is waited for: the steps that come need its agent.
    if (node.ramdisk?.ended === null && powerState === 'power on') return { wait: 'agent', powerState };
    return { done: { powerState } satisfies StepResult };
  }

  #restarted(node: Node): StepOutcome | undefined {
    return node.agent?.connected ? { done: {} } : undefined;
  }

  #stepOf(node: Node, planned: PlannedStep, { family }: Operation): Omit<Step, 'manifest'> {
    const implementation = this.#implementation(node, planned.interface as InterfaceType, planned.implementation ?? '');
    const kind = { Verification: 'verify', Cleaning: 'clean', Deployment: 'deploy', Service: 'service' }[
      family as string
    ];
    const lists = [implementation.steps?.[kind as 'clean'], implementation.steps?.core];
    const step = lists.flatMap(steps => steps ?? []).find(({ manifest }) => manifest.step === planned.step);
    const { inBand } = this.#implementation(node, 'deploy', interfaceOf(node, 'deploy'));
    const found = step ?? (planned.inBand ? inBand : undefined);
    if (!found) throw unsupported(node, planned.interface, planned.step);
    return found;
  }

  #implementation(node: Node, type: InterfaceType, name: string): Implementation {
    const implementation = this.drivers.implementation(node.attributes.driver, type, name);
    if (!implementation) throw unsupported(node, type, name);
    return implementation;
  }

  /** With what was too big for its events back in its place. */
  async #inFull(node: Node): Promise<Node> {
    if (!node.biosSettings || !isBlob(node.biosSettings.content)) return node;
    return {
      ...node,
      biosSettings: { ...node.biosSettings, content: await this.content.plain(node.biosSettings.content) },
    };
  }

  async #effect(node: Node, args: Bag, id: string, { signal, check }: Permit): Promise<Effect> {
    const { operation } = node;
    const [driverInfo, instanceInfo, plainArgs, agent, rescuePassword] = await Promise.all([
      this.content.plain(node.attributes.driver_info),
      this.content.plain(node.attributes.instance_info),
      this.content.plain(args),
      this.#agent(node),
      operation?.rescuePassword ? this.content.plainValue(operation.rescuePassword) : undefined,
    ]);
    const full = await this.#inFull(node);
    check();
    const step = operation?.steps[operation.index];
    return {
      node: full,
      driverInfo,
      instanceInfo,
      args: plainArgs,
      ...(step && { step }),
      ...(agent && { agent }),
      ...(typeof rescuePassword === 'string' && { rescuePassword }),
      peer: type => this.#implementation(node, type, interfaceOf(node, type)),
      id,
      signal,
      clock: this.clock,
    };
  }

  async #agent({ agent }: Node): Promise<EffectAgent | undefined> {
    if (!agent?.connected) return undefined;
    const { callbackUrl: url, verifyCa } = agent.connected;
    const { command, hardwareManagers } = agent;
    return { url, verifyCa, token: String(await this.content.plainValue(agent.token)), command, hardwareManagers };
  }
}

/** Names a step of one run, whatever the attempt: what the machine is asked about after a restart. */
export const stepId = ({ id, index }: Operation): string => `${id}/${index}`;

const unsupported = (node: Node, type: string, ability: string): Problem =>
  new Problem({
    code: 'hardware.unsupported',
    title: 'The driver cannot do this',
    detail: `The ${type} interface of node ${node.uuid} does not support ${ability}.`,
    hint: 'Was the driver or one of its interfaces changed while the operation ran?',
  });
