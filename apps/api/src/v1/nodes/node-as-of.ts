import type { Minor } from '#ironic';
import { isUuid, missing } from '#domain';
import type { NodeText } from '#read-model';
import { rowOf, withBlobs } from '#read-model';
import type { ApiPorts } from '../../ports.js';
import { foldAsOf } from '../../ferrolog/as-of.js';
import { findNode } from './node-ident.js';

/** The node as it was at an instant or a revision, in the form of a row. A uuid finds nodes that are gone, too. */
export const nodeAsOf = async (ports: ApiPorts, ident: string, asOf: string, minor: Minor): Promise<NodeText> => {
  const uuid = isUuid(ident) ? ident.toLowerCase() : findNode(ports, ident, minor).uuid;
  const node = await foldAsOf(ports.store, uuid, asOf);
  if (!node.present) throw missing(ident);
  const blobs = new Map<string, Uint8Array>();
  for (;;) {
    const wanted: string[] = [];
    const read = (hash: string) => blobs.get(hash) ?? (wanted.push(hash), Buffer.from('null'));
    const whole = withBlobs(node, read);
    if (wanted.length === 0) return rowOf(whole, read);
    for (const hash of wanted) blobs.set(hash, await ports.blobs.get({ $blob: hash, sizeBytes: 0 }));
  }
};
