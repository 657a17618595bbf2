import { Problem } from '../../problem.js';
import type { NodeEvent } from '../families.js';
import { nodeEvent } from '../families.js';
import type { Node } from '../node.js';
import { protectedNode, requirePresent, requireUnlocked } from '../refusals.js';
import { instanceKeySubject, nodeKeySubject } from '../secrets.js';
import { allowsDelete } from '../state-sets.js';
import type { Surroundings } from '../surroundings.js';

/** Takes the node out of the records; the machine is not touched (Ironic API reference). */
export const deleteNode = (_data: object, node: Node, { settings }: Surroundings): NodeEvent[] => {
  requirePresent(node);
  const { provisionState: state } = node;
  if (node.attributes.instance_uuid && !node.maintenance)
    throw new Problem({
      code: 'node.associated',
      title: 'The node has an instance',
      detail: `Node ${node.uuid} is associated with instance ${node.attributes.instance_uuid}.`,
      hint: 'Undeploy it, or set it in maintenance.',
    });
  if (node.protection) throw protectedNode(node, 'deleted');
  const deletable = [...allowsDelete.states, ...(settings.allowDeletingAvailableNodes ? ['available'] : [])];
  if (!deletable.includes(state) && !node.maintenance)
    throw new Problem({
      code: 'node.not-deletable',
      title: 'The node cannot be deleted now',
      detail: `Can not delete node "${node.uuid}" while it is in provision state "${state}". Valid provision states to perform deletion are: "(${deletable.map(name => `'${name}'`).join(', ')})", or set the node into maintenance mode`,
      hint: 'Undeploy it, or set it in maintenance.',
    });
  requireUnlocked(node);
  return [nodeEvent('NodeDeleted', { erases: [nodeKeySubject(node), instanceKeySubject(node)] })];
};
