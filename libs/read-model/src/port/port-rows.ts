import type { Node, Port } from '#domain';
import { portRow } from '#ironic';
import type { PortRow } from '../schema/entities.js';

const rowOfPort = (node: Node, port: Port): PortRow => {
  const { attributes } = port;
  return {
    id: port.attachedAt,
    uuid: port.uuid,
    address: port.address,
    name: (attributes.name as string | null) ?? null,
    node_uuid: node.uuid,
    pxe_enabled: attributes.pxe_enabled ? 1 : 0,
    physical_network: (attributes.physical_network as string | null) ?? null,
    portgroup_uuid: (attributes.portgroup_uuid as string | null) ?? null,
    is_smartnic: attributes.is_smartnic ? 1 : 0,
    description: (attributes.description as string | null) ?? null,
    vendor: (attributes.vendor as string | null) ?? null,
    category: (attributes.category as string | null) ?? null,
    created_at: port.createdAt,
    updated_at: port.updatedAt,
    ...portRow(node, port),
  };
};

/** What a node's change means for the rows of its ports. */
export const portChanges = (before: Node, after: Node): { readonly written: PortRow[]; readonly removed: number[] } => {
  if (before.ports === after.ports) return { written: [], removed: [] };
  const isGone = (port: Port) => after.ports[port.uuid]?.attachedAt !== port.attachedAt;
  return {
    removed: Object.values(before.ports)
      .filter(isGone)
      .map(({ attachedAt }) => attachedAt),
    written: Object.values(after.ports)
      .filter(port => before.ports[port.uuid] !== port)
      .map(port => rowOfPort(after, port)),
  };
};
