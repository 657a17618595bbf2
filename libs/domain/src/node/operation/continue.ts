import { cleanAfterTeardown } from '../clean/automated-cleaning.js';
import type { ProblemDetails } from '../../problem.js';
import type { NodeEvent, OperationFamily } from '../families.js';
import { nodeEvent, operationEvent, operationFamilies } from '../families.js';
import type { Node, Operation, PlannedStep } from '../node.js';
import { instanceKeySubject } from '../secrets.js';
import type { Move, Verb } from '../provisioning.js';
import { isStable, move } from '../provisioning.js';
import type { DecisionSettings } from '../settings.js';
import type { Surroundings } from '../surroundings.js';

/** What comes at place `index` of the plan: a hold, a wait, the intent of a step, or the end. */
export const proceed = (
  node: Node,
  operation: Operation,
  index: number,
  { epoch, attempt = 1 }: { epoch: number; attempt?: number },
  surroundings: Surroundings,
): NodeEvent[] => {
  const step = operation.steps[index];
  if (!step) return finish(node, operation, surroundings);
  const id = { operation: operation.id, index };
  if (step.step === 'hold')
    return [operationEvent(operation.family, 'Held', { ...id, ...to(node, operation, 'hold') })];
  if (step.step === 'wait' && step.args?.seconds === undefined)
    return [
      operationEvent(operation.family, 'Waiting', {
        ...id,
        attempt,
        ...to(node, operation, 'wait'),
        expects: 'agent',
        timeoutMs: waitTimeoutMs(operation.family, surroundings.settings),
      }),
    ];
  return [
    operationEvent(operation.family, 'StepStarted', {
      ...id,
      attempt,
      epoch,
      interface: step.interface,
      step: step.step,
    }),
  ];
};

/** The transition within an operation. Cleaning by hand stays on its way to manageable (Ironic, state machine). */
export const to = (node: Node, operation: Pick<Operation, 'mode'>, verb: Verb): Move => {
  const next = move(node.provisionState, verb);
  if (!next) throw new Error(`an operation cannot "${verb}" in "${node.provisionState}"`);
  if (operation.mode === 'manual' && !isStable(next.provisionState))
    return { ...next, targetProvisionState: 'manageable' };
  return next;
};

const finish = (node: Node, operation: Operation, surroundings: Surroundings): NodeEvent[] => {
  const { family, id } = operation;
  if (family === 'Teardown') return tornDown(node, operation, surroundings);
  // A retired node, and one cleaned by hand, ends in manageable.
  const verb: Verb = family === 'Cleaning' && (operation.mode === 'manual' || node.retirement) ? 'manage' : 'done';
  return [operationEvent(family, 'Finished', { operation: id, ...to(node, operation, verb) })];
};

/** Tear-down ends where the cleaning after it begins: one decision, so that no node is ever left between. */
const tornDown = (node: Node, operation: Operation, surroundings: Surroundings): NodeEvent[] => {
  const cleaning = to(node, operation, 'clean');
  const finished = operationEvent('Teardown', 'Finished', {
    operation: operation.id,
    ...cleaning,
    erases: [instanceKeySubject(node)],
  });
  return [finished, ...cleanAfterTeardown({ ...node, provisionState: 'cleaning' }, cleaning, surroundings)];
};

/** The end that nobody wanted, and what it leaves: maintenance where the machine may be half cleaned. */
export const fail = (
  node: Node,
  operation: Operation,
  fact: 'Failed' | 'StepFailed' | 'StepOutcomeUnknown' | 'TimedOut' | 'Aborted',
  problem: ProblemDetails,
): NodeEvent[] => {
  const { family, id, index } = operation;
  const step = operation.steps[index];
  const verb = fact === 'Aborted' ? 'abort' : 'fail';
  const about = fact === 'StepFailed' || fact === 'StepOutcomeUnknown' ? stepOf(operation, step) : {};
  const erases = family === 'Teardown' && { erases: [instanceKeySubject(node)] };
  const event = {
    type: `${family}${fact}`,
    data: { operation: id, ...about, problem, ...to(node, operation, verb), ...erases },
  };
  return [event as unknown as NodeEvent, ...faultAfter(node, operation, step, problem)];
};

const stepOf = ({ index, running }: Operation, step: PlannedStep | undefined) => ({
  index,
  ...(running && { attempt: running.attempt }),
  interface: step?.interface ?? '',
  step: step?.step ?? '',
});

/** Ironic, state machine: a failure with a step under way puts the node in maintenance. */
const faultAfter = (
  node: Node,
  operation: Operation,
  step: PlannedStep | undefined,
  problem: ProblemDetails,
): NodeEvent[] => {
  const row = operationFamilies[operation.family];
  const underWay = operation.running ?? operation.waiting;
  if (!('fault' in row) || !step || !underWay || problem.code === 'operation.aborted') return [];
  return [nodeEvent('MaintenanceSet', { reason: node.maintenance?.reason ?? problem.detail, fault: row.fault })];
};

/** How long a family waits for a sign of life; 0: for ever. */
export const waitTimeoutMs = (family: OperationFamily, settings: DecisionSettings): number => {
  switch (family) {
    case 'Deployment':
      return settings.deployCallbackTimeoutMs;
    case 'Cleaning':
      return settings.cleanCallbackTimeoutMs;
    case 'Inspection':
      return settings.inspectWaitTimeoutMs;
    case 'Rescue':
      return settings.rescueCallbackTimeoutMs;
    default:
      return settings.serviceCallbackTimeoutMs;
  }
};
