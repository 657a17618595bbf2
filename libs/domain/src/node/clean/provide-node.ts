import { Problem } from '../../problem.js';
import type { NodeEvent } from '../families.js';
import type { Node } from '../node.js';
import { requireValid } from '../operation/start.js';
import { inMaintenance, requireMove, requirePresent } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';
import { automatedCleaning } from './automated-cleaning.js';

/** Makes a node available, cleaned first. */
export const provideNode = (_data: object, node: Node, surroundings: Surroundings): NodeEvent[] => {
  requirePresent(node);
  const to = requireMove(node, 'provide');
  if (node.maintenance && !surroundings.settings.allowProvisioningInMaintenance) throw inMaintenance(node, 'providing');
  if (node.retirement) throw retired(node);
  requireValid(node, ['power'], 'power', surroundings);
  return automatedCleaning(node, to, surroundings);
};

const retired = (node: Node): Problem =>
  new Problem({
    code: 'node.retired',
    title: 'The node is retired',
    detail: `The providing operation can't be performed on node ${node.uuid} because it is retired.`,
    hint: `Reason: ${node.retirement?.reason ?? 'none given'}. Set retired to false first.`,
  });
