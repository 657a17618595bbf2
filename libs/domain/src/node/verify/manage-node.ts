import type { NodeEvent } from '../families.js';
import { nodeEvent } from '../families.js';
import type { Node, PlannedStep } from '../node.js';
import { automaticSteps, coreStepsOf } from '../operation/plan.js';
import { requireDriver, start } from '../operation/start.js';
import { requireMove, requirePresent, wrongState } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';

/** Verifies that a new node can be driven; from elsewhere it goes back to manageable at once. */
export const manageNode = (_data: object, node: Node, surroundings: Surroundings): NodeEvent[] => {
  requirePresent(node);
  // The machine can leave `cleaning` by this verb too, but only as the end of a cleaning.
  if (node.provisionState === 'cleaning' && node.reservation === null) throw wrongState(node, 'manage');
  const to = requireMove(node, 'manage');
  if (to.provisionState !== 'verifying') return [nodeEvent('NodeManaged', to)];
  const driver = requireDriver(node, surroundings);
  const steps: PlannedStep[] = [
    ...automaticSteps(node, driver, 'verify'),
    ...coreStepsOf(node, driver, 'Verification'),
  ];
  return start(node, 'Verification', to, { steps }, surroundings);
};
