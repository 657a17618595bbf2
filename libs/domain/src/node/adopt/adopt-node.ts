import type { NodeEvent } from '../families.js';
import type { Node } from '../node.js';
import { coreStepsOf } from '../operation/plan.js';
import { requireDriver, requireValid, start } from '../operation/start.js';
import { requireMove, requirePresent } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';

/** Takes over a machine that already runs its instance: nothing is written, nothing restarted. */
export const adoptNode = (_data: object, node: Node, surroundings: Surroundings): NodeEvent[] => {
  requirePresent(node);
  const to = requireMove(node, 'adopt');
  requireValid(node, ['power'], 'power', surroundings);
  const steps = coreStepsOf(node, requireDriver(node, surroundings), 'Adoption');
  return start(node, 'Adoption', to, { steps }, surroundings);
};
