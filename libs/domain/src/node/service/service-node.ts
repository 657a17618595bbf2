import type { NodeEvent } from '../families.js';
import type { Node } from '../node.js';
import type { StepRequest } from '../operation/plan.js';
import { requestedSteps } from '../operation/plan.js';
import { listedSteps } from '../operation/ramdisk.js';
import { requireDriver, requireValid, start } from '../operation/start.js';
import { inMaintenance, requireMove, requirePresent } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';

export interface ServiceNode {
  readonly steps: readonly StepRequest[];
  readonly disableRamdisk?: boolean;
}

/** Runs steps on an active node and gives it back to its instance. */
export const serviceNode = (
  { steps, disableRamdisk }: ServiceNode,
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  const to = requireMove(node, 'service');
  if (node.maintenance) throw inMaintenance(node, 'servicing');
  requireValid(node, ['power', 'network'], 'power or network', surroundings);
  const driver = requireDriver(node, surroundings);
  const plan = listedSteps(node, driver, 'service', requestedSteps(node, driver, 'service', steps), disableRamdisk);
  return start(node, 'Service', to, { steps: plan, ...(disableRamdisk && { disableRamdisk }) }, surroundings);
};
