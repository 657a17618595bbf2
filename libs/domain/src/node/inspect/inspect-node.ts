import type { NodeEvent } from '../families.js';
import type { Node } from '../node.js';
import { coreStepsOf } from '../operation/plan.js';
import { requireDriver, requireValid, start } from '../operation/start.js';
import { requireMove, requirePresent } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';

/** Finds out what the machine consists of. Allowed in maintenance. */
export const inspectNode = (_data: object, node: Node, surroundings: Surroundings): NodeEvent[] => {
  requirePresent(node);
  const to = requireMove(node, 'inspect');
  const steps = coreStepsOf(node, requireDriver(node, surroundings), 'Inspection');
  requireValid(node, ['power', 'inspect'], 'inspection', surroundings);
  return start(node, 'Inspection', to, { steps }, surroundings);
};
