import type { DriverManifest } from '../../ports/driver-catalog.js';
import { operationFamilies } from '../families.js';
import type { Node, Operation, PlannedStep } from '../node.js';
import { interfaceOf } from '../node.js';
import type { Surroundings } from '../surroundings.js';
import type { AgentStep, AgentSteps } from './agent-steps.js';
import { ofAgent, withoutDoubles } from './agent-steps.js';
import { byPriority, checkArguments, coreStep, keyOf, unknownStep } from './plan.js';
import { requireDriver } from './start.js';

/**
 * What is left of a plan, from `from` on, once the agent has told what it can do: its own steps with a priority come
 * in, those that a client asked for unseen become known, and where one wants the machine started anew that follows it.
 *
 * @throws Problem step.unknown when a client asked for a step that the agent does not have · request.invalid
 */
export const planWithAgent = (
  node: Node,
  operation: Operation,
  from: number,
  told: AgentSteps,
  surroundings: Surroundings,
): PlannedStep[] => {
  const driver = requireDriver(node, surroundings);
  const steps = agentSteps(node, told, surroundings);
  const byName = new Map(steps.map(step => [keyOf(step), step]));
  const rest = operation.steps.slice(from).map(step => known(node, operation, step, byName));
  const byThemselves = steps
    .filter(({ priority }) => priority > 0)
    .map(step => ofAgent(step, interfaceOf(node, 'deploy')));
  return withReboots(node, driver, merged(operation, from, rest, byThemselves), byName);
};

/** The plan of an automated cleaning anew, from its first step on: its agent has become another one. */
export const cleaningFromTheStart = (operation: Operation): Operation => {
  const own = operation.steps.filter(step => !step.agent && !step.inBand);
  const end = operation.steps.filter(({ agent }) => agent === 'ends');
  return { ...operation, steps: [...operation.steps.slice(0, operation.index), ...own, ...end] };
};

/** As the configuration has their priorities, each once. */
const agentSteps = (node: Node, { steps }: AgentSteps, { settings }: Surroundings): AgentStep[] =>
  withoutDoubles(steps)
    .filter(step => step.interface !== 'raid' || interfaceOf(node, 'raid') === 'agent')
    .map(step => ({ ...step, priority: settings.agentStepPriorities[keyOf(step)] ?? step.priority }));

const known = (
  node: Node,
  { family }: Operation,
  step: PlannedStep,
  byName: ReadonlyMap<string, AgentStep>,
): PlannedStep => {
  if (!step.inBand) return step;
  const offered = byName.get(keyOf(step));
  const kind = operationFamilies[family].steps ?? 'clean';
  if (!offered) throw unknownStep(node, kind, step);
  if (offered.args) checkArguments(kind, { step: step.step, args: offered.args }, step);
  return { ...ofAgent(offered, step.implementation ?? '', step), priority: step.priority || offered.priority };
};

/** Deployments and automated cleanings go by priority; what a client lists goes as it is listed. */
const merged = (
  { family, mode, without, steps: all }: Operation,
  from: number,
  rest: readonly PlannedStep[],
  byThemselves: readonly PlannedStep[],
): PlannedStep[] => {
  const kind = operationFamilies[family].steps;
  if (kind === null || (family !== 'Deployment' && mode !== 'automated')) return [...rest];
  const done = family === 'Deployment' ? all.slice(0, from) : [];
  const there = new Set([...done, ...rest].map(keyOf).concat(without));
  const steps = [...rest, ...byThemselves.filter(step => !there.has(keyOf(step)))];
  const isLast = (step: PlannedStep) => family !== 'Deployment' && step.agent === 'ends';
  return [
    ...byPriority(
      steps.filter(step => !isLast(step)),
      kind,
    ),
    ...steps.filter(isLast),
  ];
};

const withReboots = (
  node: Node,
  driver: DriverManifest,
  steps: readonly PlannedStep[],
  byName: ReadonlyMap<string, AgentStep>,
): PlannedStep[] => {
  const reboot = coreStep(node, driver, 'deploy', 'reboot_ramdisk');
  return steps
    .filter(({ step }) => step !== reboot?.step)
    .flatMap(step => {
      const isWanted = step.inBand && byName.get(keyOf(step))?.rebootRequested;
      return reboot && isWanted ? [step, { ...reboot, priority: step.priority ?? 0 }] : [step];
    });
};
