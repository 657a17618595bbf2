import type { Bag } from '../lookup/lookup.js';
import type { Machine } from '../machine/machine.js';
import type { Parameters } from '../parameters/parameters.js';
import { methodNotFound } from '../problem.js';
import type { Call, CallInput, Dispatcher, HardwareManager, StepDescription, StepKind } from './hardware-manager.js';

interface Ranked {
  readonly manager: HardwareManager;
  readonly support: number;
}

interface Offer extends Ranked {
  readonly step: StepDescription;
}

/** Between two managers with the same step: support, then priority, then the name that comes first. */
const better = (a: Offer, b: Offer): Offer => {
  if (a.support !== b.support) return a.support > b.support ? a : b;
  if (a.step.priority !== b.step.priority) return a.step.priority > b.step.priority ? a : b;
  return a.manager.name <= b.manager.name ? a : b;
};

/** The managers that know this machine, the one that knows it best first. */
export class Hardware implements Dispatcher {
  private constructor(
    private readonly ranked: readonly Ranked[],
    private readonly machine: Machine,
    private readonly parameters: Parameters,
    /** The node and the configuration of the last lookup. */
    private readonly lookedUp: () => { node: Bag; config: Bag },
  ) {}

  static async of(
    managers: readonly HardwareManager[],
    machine: Machine,
    parameters: Parameters,
    lookedUp: () => { node: Bag; config: Bag } = () => ({ node: {}, config: {} }),
  ): Promise<Hardware> {
    const ranked: Ranked[] = [];
    for (const manager of managers) {
      const support = await manager.evaluateSupport(machine);
      machine.journal.info(`hardware manager ${manager.name}: support ${support}`);
      if (support > 0) ranked.push({ manager, support });
    }
    ranked.sort((a, b) => b.support - a.support || a.manager.name.localeCompare(b.manager.name));
    for (const { manager } of ranked) await manager.initialize?.(machine);
    return new Hardware(ranked, machine, parameters, lookedUp);
  }

  versions(): Record<string, string> {
    return Object.fromEntries(this.ranked.map(({ manager }) => [manager.versionName, manager.version]));
  }

  names(): { name: string; version: string }[] {
    return this.ranked.map(({ manager }) => ({ name: manager.name, version: manager.version }));
  }

  /** Steps by manager, each step once: with the manager that would run it. */
  async steps(kind: StepKind, input: CallInput): Promise<Record<string, StepDescription[]>> {
    const best = new Map<string, Offer>();
    for (const one of this.ranked) {
      const list = (await one.manager.steps?.[kind]?.(this.call(input))) ?? [];
      for (const step of list) {
        const key = `${step.interface}.${step.step}`;
        const offer = { ...one, step };
        const known = best.get(key);
        best.set(key, known ? better(known, offer) : offer);
      }
    }
    const byManager: Record<string, StepDescription[]> = Object.fromEntries(
      this.ranked.map(({ manager }) => [manager.name, []]),
    );
    for (const { manager, step } of best.values()) byManager[manager.name]!.push(step);
    return byManager;
  }

  /** The first manager that has the method and does not find it incompatible with this machine. */
  async dispatch<T = unknown>(method: string, input: CallInput = {}): Promise<T> {
    for (const { manager } of this.ranked) {
      if (!Object.hasOwn(manager.methods, method)) continue;
      try {
        return (await manager.methods[method]!(this.call(input))) as T;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'IncompatibleHardwareMethod') throw error;
        this.machine.journal.info(`${manager.name} cannot ${method}: ${error.message}`);
      }
    }
    throw methodNotFound(`Could not find method: ${method}`);
  }

  private call(input: CallInput): Call {
    const { node, config } = this.lookedUp();
    return {
      machine: this.machine,
      parameters: this.parameters,
      node: input.node ?? node,
      ports: input.ports ?? [],
      args: input.args ?? {},
      config,
      hardware: this,
    };
  }
}
