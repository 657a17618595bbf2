import type { Minor } from '#ironic';
import { isUuid, missing } from '#domain';
import type { NodeText } from '#read-model';
import { badRequest } from '../../http/ironic-error.js';
import type { ApiPorts } from '../../ports.js';
import { rowOfFold } from './row-of-fold.js';

/** Characters of a logical name (Ironic API reference). Metal3 names nodes `namespace~host`. */
const namePattern = /^[A-Za-z0-9\-._~]{1,255}$/;
const reserved = new Set(['detail', 'validate', 'states', 'vendor_passthru', 'management', 'maintenance']);

/** @throws HttpRefusal 400 for what can be no name */
export const requireName = (name: string): void => {
  if (isUuid(name) || !namePattern.test(name)) throw badRequest(`Cannot create node with invalid name '${name}'`);
  if (reserved.has(name)) throw badRequest(`Cannot create node with reserved name '${name}'`);
};

/**
 * The row of the node that an address names by uuid or, from 1.5 on, by name. While the read model is behind, that of
 * the node's stream.
 *
 * @throws HttpRefusal 400 for what can be neither; Problem node.missing
 */
export const findNode = async (ports: ApiPorts, ident: string, minor: Minor): Promise<NodeText> => {
  const { nodes } = ports.readModel();
  const isById = isUuid(ident);
  if (!isById && !namePattern.test(ident)) throw badRequest(`Expected a UUID or a logical name but received ${ident}.`);
  const row = await (isById ? nodes.byUuid(ident.toLowerCase()) : minor >= 5 ? nodes.byName(ident) : undefined);
  if (ports.isBehind?.()) {
    const uuid = isById ? ident.toLowerCase() : row?.uuid;
    const node = uuid === undefined ? undefined : await ports.nodes.repository.load(uuid);
    if (node?.present && (isById || node.attributes.name === ident)) return rowOfFold(ports, node);
  } else if (row) return row;
  throw missing(ident);
};
