import { Problem } from '../../problem.js';
import type { NodeEvent } from '../families.js';
import { nodeEvent } from '../families.js';
import type { Bag, Node, Port } from '../node.js';
import { interfaceOf } from '../node.js';
import { valueTaken } from '../../reservation.js';
import { invalid, missing, requirePresent, requireUnlocked } from '../refusals.js';

/** Fields of a port that clients write, with their defaults (Ironic API reference). */
export const portDefaults: Bag = {
  extra: {},
  internal_info: {},
  pxe_enabled: true,
  local_link_connection: {},
  portgroup_uuid: null,
  physical_network: null,
  is_smartnic: false,
  name: null,
  description: null,
  vendor: null,
  category: null,
  available_for_dynamic_portgroup: true,
};

export interface AttachPort {
  readonly uuid: string;
  readonly address: string;
  readonly attributes: Bag;
}

export const attachPort = ({ uuid, address, attributes }: AttachPort, node: Node): NodeEvent[] => {
  // Ironic answers 400, not 404, when a body names a node that is not there (Ironic API reference).
  if (!node.present) throw invalid(missing(node.uuid).details.detail);
  requireUnlocked(node);
  if (node.ports[uuid]) throw valueTaken({ kind: 'port', value: uuid });
  requireOwnValues(node, uuid, { address, ...attributes });
  return [nodeEvent('PortAttached', { port: { uuid, address, ...portDefaults, ...attributes } })];
};

/** What other nodes must not have is reserved; what other ports of the same node must not have is looked at here. */
const requireOwnValues = (node: Node, uuid: string, { address, name }: Bag): void => {
  const others = Object.values(node.ports).filter(port => port.uuid !== uuid);
  if (others.some(port => port.address === address)) throw valueTaken({ kind: 'mac', value: address as string });
  if (name && others.some(port => port.attributes.name === name))
    throw valueTaken({ kind: 'port-name', value: name as string });
};

const requirePort = (node: Node, uuid: string): Port => {
  const port = node.ports[uuid];
  if (!node.present || !port)
    throw new Problem({
      code: 'port.missing',
      title: 'There is no such port',
      detail: `Port ${uuid} could not be found.`,
    });
  return port;
};

/** What only may change while nothing is deployed (Ironic API reference). */
const networkFields = ['portgroup_uuid', 'pxe_enabled', 'local_link_connection', 'physical_network'];
const networkStates = ['enroll', 'inspecting', 'inspect wait', 'manageable'];

export const changePort = (
  { uuid, changes }: { readonly uuid: string; readonly changes: Bag },
  node: Node,
): NodeEvent[] => {
  const port = requirePort(node, uuid);
  requireUnlocked(node);
  const current: Bag = { address: port.address, ...port.attributes };
  const changed = Object.entries(changes).filter(
    ([name, value]) => JSON.stringify(current[name]) !== JSON.stringify(value),
  );
  if (changed.length === 0) return [];
  const touches = (...names: string[]) => changed.some(([name]) => names.includes(name));
  const inUse = node.attributes.instance_uuid !== null || node.provisionState === 'active';
  if (touches('address') && inUse && !node.maintenance) throw portInUse(node, port, 'its address cannot be changed');
  if (touches(...networkFields) && !networkStates.includes(node.provisionState) && !node.maintenance)
    throw portInUse(node, port, `${networkFields.join(', ')} cannot be changed in "${node.provisionState}"`);
  requireOwnValues(node, uuid, Object.fromEntries(changed));
  return [nodeEvent('PortChanged', { uuid, changes: Object.fromEntries(changed) })];
};

export const detachPort = ({ uuid }: { readonly uuid: string }, node: Node): NodeEvent[] => {
  const port = requirePort(node, uuid);
  requireUnlocked(node);
  if (port.vif && !node.maintenance) throw portInUse(node, port, 'a VIF is attached to it');
  return [nodeEvent('PortDetached', { uuid })];
};

const portInUse = (node: Node, port: Port, why: string): Problem =>
  new Problem({
    code: 'port.in-use',
    title: 'The port is in use',
    detail: `Cannot change port ${port.uuid} of node ${node.uuid}: ${why}.`,
    hint: 'Undeploy the node, or set it in maintenance.',
  });

/** Binds a virtual interface to a free port: the one asked for, or the first that boots from the network. */
export const attachVif = ({ vif }: { readonly vif: Bag }, node: Node): NodeEvent[] => {
  requirePresent(node);
  requireUnlocked(node);
  // Without a network to manage there is nothing to bind: Ironic's noop takes any VIF and keeps none.
  if (interfaceOf(node, 'network') === 'noop') return [];
  const ports = Object.values(node.ports);
  if (ports.some(port => port.vif?.id === vif.id))
    throw new Problem({
      code: 'vif.taken',
      title: 'The VIF is attached already',
      detail: `Unable to attach VIF because VIF ${vif.id as string} is already attached to Ironic Port`,
    });
  const wanted = vif.port_uuid as string | undefined;
  const free = ports.filter(port => !port.vif && (!wanted || port.uuid === wanted));
  const port = free.find(({ attributes }) => attributes.pxe_enabled) ?? free[0];
  if (!port)
    throw new Problem({
      code: 'vif.no-free-port',
      title: 'No port is free',
      detail: `Unable to attach VIF ${vif.id as string}, not enough free physical ports.`,
      hint: 'Enrol another port of the machine, or detach a VIF.',
    });
  return [nodeEvent('VifAttached', { vif, port: port.uuid })];
};

export const detachVif = ({ vif }: { readonly vif: string }, node: Node): NodeEvent[] => {
  requirePresent(node);
  requireUnlocked(node);
  if (interfaceOf(node, 'network') === 'noop') return [];
  if (!Object.values(node.ports).some(port => port.vif?.id === vif))
    throw new Problem({
      code: 'vif.missing',
      title: 'The VIF is not attached',
      detail: `Unable to detach VIF ${vif} from node ${node.uuid} because it is not attached to it.`,
    });
  return [nodeEvent('VifDetached', { vif })];
};
