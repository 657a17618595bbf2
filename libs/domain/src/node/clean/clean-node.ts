import { Problem } from '../../problem.js';
import type { NodeEvent } from '../families.js';
import { operationEvent } from '../families.js';
import type { Node } from '../node.js';
import type { StepRequest } from '../operation/plan.js';
import { requestedSteps } from '../operation/plan.js';
import { listedSteps } from '../operation/ramdisk.js';
import { requireDriver, requireValid, start } from '../operation/start.js';
import { requireRoomForCleaning } from '../limits.js';
import { move } from '../provisioning.js';
import { inMaintenance, requireMove, requirePresent } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';

export interface CleanNode {
  readonly steps: readonly StepRequest[];
  readonly disableRamdisk?: boolean;
}

/** Cleaning by hand: the given steps in the given order, and back to manageable. */
export const cleanNode = (
  { steps, disableRamdisk }: CleanNode,
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  const next = requireMove(node, 'clean');
  if (node.maintenance) throw inMaintenance(node, 'cleaning');
  requireRoomForCleaning(surroundings);
  requireValid(node, ['power', 'network'], 'power or network', surroundings);
  const to = { ...next, targetProvisionState: 'manageable' as const };
  const options = { mode: 'manual' as const, ...(disableRamdisk && { disableRamdisk }) };
  try {
    const driver = requireDriver(node, surroundings);
    const listed = requestedSteps(node, driver, 'clean', steps);
    const plan = listedSteps(node, driver, 'cleaning', listed, disableRamdisk);
    return start(node, 'Cleaning', to, { steps: plan, ...options }, surroundings);
  } catch (problem) {
    // Ironic learns what steps a machine has only while it cleans: a step it does not know fails the cleaning.
    if (!(problem instanceof Problem) || problem.code !== 'step.unknown') throw problem;
    return [
      ...start(node, 'Cleaning', to, { steps: [], ...options }, surroundings),
      operationEvent('Cleaning', 'Failed', {
        operation: surroundings.commandId,
        ...move('cleaning', 'fail')!,
        targetProvisionState: 'manageable',
        problem: problem.details,
      }),
    ];
  }
};
