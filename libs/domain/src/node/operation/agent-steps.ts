import type { DriverManifest, StepManifest } from '../../ports/driver-catalog.js';
import type { Bag, InterfaceType, Node, PlannedStep } from '../node.js';
import { interfaceOf } from '../node.js';

/** A step as the agent in the ramdisk offers it (Ironic, agent API). */
export interface AgentStep {
  readonly interface: string;
  readonly step: string;
  readonly priority: number;
  readonly abortable?: boolean;
  /** The machine has to be started anew when the step is done. */
  readonly rebootRequested?: boolean;
  readonly args?: StepManifest['args'];
}

/** What an agent tells when it is asked for its steps. */
export interface AgentSteps {
  readonly steps: readonly AgentStep[];
  /** Version of each hardware manager. */
  readonly hardwareManagers: Bag;
}

/** Whether the node's deploy interface boots ramdisks with agents: it has the step for that. */
export const drivesAgents = (node: Node, driver: DriverManifest): boolean =>
  driver.interfaces.deploy
    .find(({ name }) => name === interfaceOf(node, 'deploy'))
    ?.steps.core?.some(({ step }) => step === 'prepare_cleaning') ?? false;

/** Whether the agent may have steps of the interface that nobody knows before it runs. */
export const mayBeAgents = (node: Node, driver: DriverManifest, type: InterfaceType): boolean =>
  drivesAgents(node, driver) && (type === 'deploy' || (type === 'raid' && interfaceOf(node, 'raid') === 'agent'));

/** A step that a client asks for and only the agent can know: taken as it is, and checked when the agent was heard. */
export const expected = (
  { interface: type, step, args }: { readonly interface?: string; readonly step: string; readonly args?: Bag },
  implementation: string,
): PlannedStep => ({
  interface: type ?? '',
  step,
  implementation,
  ...(args && { args }),
  priority: 0,
  ...inBand(step),
});

/** An agent does not say what its steps do: none is ever run twice, and these are known to destroy. */
const inBand = (step: string) => ({
  effect: 'once' as const,
  ...(/^(erase_|write_image|execute_bootc_install|create_conf|delete_conf|apply_conf)/.test(step) && {
    destructive: true,
  }),
  abortable: false,
  requiresRamdisk: true,
  inBand: true,
});

/** A step of the agent in a plan. */
export const ofAgent = (
  step: AgentStep,
  implementation: string,
  asked: Pick<PlannedStep, 'args'> = {},
): PlannedStep => ({
  interface: step.interface,
  step: step.step,
  implementation,
  ...(asked.args && { args: asked.args }),
  ...inBand(step.step),
  priority: step.priority,
  abortable: step.abortable ?? false,
});

/** Of steps with one name that several hardware managers have, the one with the highest priority. */
export const withoutDoubles = (steps: readonly AgentStep[]): AgentStep[] => {
  const best = new Map<string, AgentStep>();
  for (const step of steps) {
    const key = `${step.interface}.${step.step}`;
    const known = best.get(key);
    if (!known || step.priority > known.priority) best.set(key, step);
  }
  return [...best.values()];
};
