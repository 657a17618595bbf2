import type { Minor } from '#ironic';
import { isUuid, missing } from '#domain';
import type { NodeText } from '#read-model';
import type { ApiPorts } from '../../ports.js';
import { foldAsOf } from '../../ferrolog/as-of.js';
import { findNode } from './node-ident.js';
import { rowOfFold } from './row-of-fold.js';

/** The node as it was at an instant or a revision, in the form of a row. A uuid finds nodes that are gone, too. */
export const nodeAsOf = async (ports: ApiPorts, ident: string, asOf: string, minor: Minor): Promise<NodeText> => {
  const uuid = isUuid(ident) ? ident.toLowerCase() : (await findNode(ports, ident, minor)).uuid;
  const node = await foldAsOf(ports.store, uuid, asOf);
  if (!node.present) throw missing(ident);
  return rowOfFold(ports, node);
};
