import type { NodeEvent } from '../families.js';
import type { Bag, Node } from '../node.js';
import { coreStepsOf } from '../operation/plan.js';
import { requireDriver, requireValid, start } from '../operation/start.js';
import { inMaintenance, requireMove, requirePresent } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';

export interface RescueNode {
  /** Sealed before it comes here. */
  readonly rescuePassword: Bag;
}

/** Boots a rescue system beside the instance. */
export const rescueNode = ({ rescuePassword }: RescueNode, node: Node, surroundings: Surroundings): NodeEvent[] => {
  requirePresent(node);
  const to = requireMove(node, 'rescue');
  if (node.maintenance) throw inMaintenance(node, 'rescuing');
  requireValid(node, ['power', 'rescue', 'network'], 'rescue', surroundings);
  const steps = coreStepsOf(node, requireDriver(node, surroundings), 'Rescue');
  return start(node, 'Rescue', to, { steps, rescuePassword }, surroundings);
};

/** Boots the instance again. */
export const unrescueNode = (_data: object, node: Node, surroundings: Surroundings): NodeEvent[] => {
  requirePresent(node);
  const to = requireMove(node, 'unrescue');
  if (node.maintenance) throw inMaintenance(node, 'unrescuing');
  requireValid(node, ['power'], 'power', surroundings);
  const steps = coreStepsOf(node, requireDriver(node, surroundings), 'Unrescue');
  return start(node, 'Unrescue', to, { steps }, surroundings);
};
