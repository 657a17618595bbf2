import type { NodeEvent } from '../families.js';
import { requireRoomForCleaning } from '../limits.js';
import type { Node } from '../node.js';
import { coreStepsOf } from '../operation/plan.js';
import { requireDriver, requireValid, start } from '../operation/start.js';
import { protectedNode, requireMove, requirePresent } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';

/** Takes the instance from the node; cleaning follows. */
export const undeployNode = (_data: object, node: Node, surroundings: Surroundings): NodeEvent[] => {
  requirePresent(node);
  const to = requireMove(node, 'delete', 'deleted');
  if (node.protection) throw protectedNode(node, 'undeployed');
  requireRoomForCleaning(surroundings);
  requireValid(node, ['power'], 'power', surroundings);
  const steps = coreStepsOf(node, requireDriver(node, surroundings), 'Teardown');
  return start(node, 'Teardown', to, { steps }, surroundings);
};
