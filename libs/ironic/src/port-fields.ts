import type { Node, Port } from '#domain';
import type { Minor } from './version.js';
import type { RowText } from './row-text.js';
import { rowText } from './row-text.js';
import { timestamp } from './timestamps.js';

/** Fields of a port, the oldest first (Ironic API reference). */
export const portFields: readonly { readonly name: string; readonly since: Minor }[] = [
  { name: 'uuid', since: 1 },
  { name: 'address', since: 1 },
  { name: 'created_at', since: 1 },
  { name: 'updated_at', since: 1 },
  { name: 'extra', since: 1 },
  { name: 'node_uuid', since: 1 },
  { name: 'internal_info', since: 18 },
  { name: 'local_link_connection', since: 19 },
  { name: 'pxe_enabled', since: 19 },
  { name: 'portgroup_uuid', since: 24 },
  { name: 'physical_network', since: 34 },
  { name: 'is_smartnic', since: 53 },
  { name: 'name', since: 88 },
  { name: 'description', since: 97 },
  { name: 'vendor', since: 100 },
  { name: 'category', since: 101 },
  { name: 'available_for_dynamic_portgroup', since: 111 },
];

const names = portFields.map(({ name }) => name);
const places = new Map(names.map((name, index) => [name, index]));
export const portFieldPlace = (name: string): number | undefined => places.get(name);
export const portFieldSince = (name: string): Minor | undefined =>
  name === 'links' ? 1 : portFields[places.get(name) ?? -1]?.since;
export const portFieldCount = (minor: Minor): number => portFields.filter(({ since }) => since <= minor).length;

export const portRow = (node: Node, port: Port): RowText => {
  const { attributes, vif } = port;
  const internal = { ...(attributes.internal_info as object), ...(vif && { tenant_vif_port_id: vif.id }) };
  const own: Readonly<Record<string, unknown>> = {
    ...attributes,
    uuid: port.uuid,
    address: port.address,
    created_at: timestamp(port.createdAt),
    updated_at: timestamp(port.updatedAt),
    node_uuid: node.uuid,
    internal_info: internal,
  };
  return rowText(
    names,
    names.map(name => own[name]),
  );
};
