import type { Cause } from '#command-handler';
import type {
  Action,
  Bag,
  InterfaceType,
  Node,
  NodeCommandData,
  NodeCommandType,
  Operation,
  OperationFamily,
  StepKind,
  StepResult,
} from '#domain';
import { interfaceOf, powerTargets, Problem, workOf } from '#domain';
import type { Effect, Implementation, Step, StepOutcome } from '#drivers';
import type { House } from './house.js';
import { HOUSE_CONDUCTOR } from './house.js';

const kinds: Readonly<Partial<Record<OperationFamily, StepKind>>> = {
  Verification: 'verify',
  Cleaning: 'clean',
  Deployment: 'deploy',
  Service: 'service',
};

/**
 * Does on fake hardware what a node's stream says is open, until nothing is left to do at once: the smallest conductor
 * there can be, for tests that need its events. It never restarts and nobody takes its nodes.
 */
export class HouseConductor {
  constructor(private readonly house: House) {}

  async work(uuid: string): Promise<Node> {
    for (let rounds = 0; rounds < 200; rounds++) if (!(await this.step(uuid))) return this.house.node(uuid);
    throw new Error('the node does not come to rest');
  }

  /** The next thing to do; answers whether there was anything. */
  async step(uuid: string): Promise<boolean> {
    return this.#next(await this.house.node(uuid));
  }

  /** The first heartbeat after a wait step is its end. */
  async heartbeat(uuid: string): Promise<Node> {
    const node = await this.house.node(uuid);
    await this.#complete(node, node.operation!, {});
    return this.work(uuid);
  }

  /** Under the causes that a conductor gives. */
  async report<T extends NodeCommandType>(node: Node, type: T, data: NodeCommandData<T>): Promise<Node> {
    const cause: Cause = this.house.cause({
      correlationId: node.tip!.correlationId,
      causationId: node.tip!.id,
      principal: { kind: 'conductor', id: HOUSE_CONDUCTOR },
    });
    return (await this.house.send(node.uuid, type, data, { cause })).state;
  }

  async #next(node: Node): Promise<boolean> {
    const work = workOf(node);
    const claimant = { conductor: HOUSE_CONDUCTOR, ...(node.claim && { epoch: node.claim.epoch }) };
    switch (work?.kind) {
      case 'begin step':
        await this.report(node, 'BeginStep', {
          ...claimant,
          operation: work.operation.id,
          index: work.operation.index,
        });
        return true;
      case 'resume':
        await this.report(node, 'ResumeOperation', { ...claimant, operation: work.operation.id });
        return true;
      case 'begin action':
        await this.report(node, 'BeginAction', { ...claimant, action: work.action.id });
        return true;
      case 'step running':
        return this.#step(node, work.operation);
      case 'action running':
        return this.#action(node, work.action);
      case 'wait':
        return work.wait.expects === 'driver' && this.#poll(node, work.operation);
      default:
        return false;
    }
  }

  async #step(node: Node, operation: Operation): Promise<boolean> {
    try {
      const outcome = await this.#run(node, operation);
      if ('planAnew' in outcome) throw new Error('no agent is driven here');
      if ('wait' in outcome)
        await this.report(node, 'WaitInStep', {
          ...intentOf(node, operation),
          expects: outcome.wait,
          timeoutMs: outcome.timeoutMs ?? 1_800_000,
        });
      else await this.#complete(node, operation, outcome.done);
    } catch (error) {
      const { step } = operation.steps[operation.index]!;
      const problem = { code: 'step.failed' as const, title: `Step ${step} failed`, detail: (error as Error).message };
      await this.report(node, 'FailStep', { ...intentOf(node, operation), problem });
    }
    return true;
  }

  async #run(node: Node, operation: Operation): Promise<StepOutcome> {
    const planned = operation.steps[operation.index]!;
    if (planned.implementation !== '')
      return this.#stepOf(node, operation).run(await this.#effect(node, planned.args ?? {}, operation.id));
    const target = { power_on: 'power on', power_off: 'power off', reboot: 'rebooting' }[planned.step];
    return { done: target ? { powerState: powerTargets[target]! } : {} };
  }

  async #poll(node: Node, operation: Operation): Promise<boolean> {
    const effect = await this.#effect(node, operation.steps[operation.index]!.args ?? {}, operation.id);
    const outcome = await this.#stepOf(node, operation).poll?.(effect, operation.waiting!.since);
    if (!outcome || !('done' in outcome)) return false;
    await this.#complete(node, operation, outcome.done);
    return true;
  }

  async #complete(node: Node, operation: Operation, result: StepResult): Promise<void> {
    await this.report(node, 'CompleteStep', { ...intentOf(node, operation), result });
  }

  async #action(node: Node, action: Action): Promise<boolean> {
    const intent = { action: action.id, ...action.running! };
    try {
      const perform = this.#implementation(node, action.interface, action.implementation).actions?.[action.method];
      if (!perform) throw new Error(`no ${action.interface} can ${action.method}`);
      const { virtualMedia, ...outcome } = await perform(await this.#effect(node, action.args, action.id));
      await this.report(node, 'CompleteAction', { ...intent, outcome, ...(virtualMedia && { virtualMedia }) });
    } catch (error) {
      if (error instanceof Problem) throw error;
      const problem = { code: 'hardware.failed' as const, title: 'It failed', detail: (error as Error).message };
      await this.report(node, 'FailAction', { ...intent, problem });
    }
    return true;
  }

  #stepOf(node: Node, { family, steps, index }: Operation): Step {
    const planned = steps[index]!;
    const offered = this.#implementation(node, planned.interface, planned.implementation!).steps;
    const kind = kinds[family];
    const lists = [kind && offered?.[kind], offered?.core];
    return lists.flatMap(list => list ?? []).find(({ manifest }) => manifest.step === planned.step)!;
  }

  #implementation(node: Node, type: string, name: string): Implementation {
    return this.house.drivers.implementation(node.attributes.driver, type as InterfaceType, name)!;
  }

  async #effect(node: Node, args: Bag, id: string): Promise<Effect> {
    const { content, clock } = this.house;
    return {
      node,
      driverInfo: await content.plain(node.attributes.driver_info),
      instanceInfo: await content.plain(node.attributes.instance_info),
      args: await content.plain(args),
      id,
      peer: type => this.#implementation(node, type, interfaceOf(node, type)),
      signal: new AbortController().signal,
      clock,
    };
  }
}

const intentOf = (node: Node, { id, index, running }: Operation) => ({
  operation: id,
  index,
  attempt: running?.attempt ?? 1,
  epoch: running?.epoch ?? node.claim?.epoch ?? 0,
  conductor: HOUSE_CONDUCTOR,
});
