import type { Outcome } from '#command-handler';
import type { Node } from '#domain';
import type { NodeText } from '#read-model';
import { readBlobsOf, rowOf } from '#read-model';
import type { ApiPorts } from '../../ports.js';

/** The row that a folded node makes: for the past, and for what the read model does not say yet. */
export const rowOfFold = async ({ blobs }: ApiPorts, node: Node): Promise<NodeText> =>
  rowOf(node, await readBlobsOf(node, hash => blobs.get({ $blob: hash, sizeBytes: 0 })));

/** The node as a command left it, or as it is since; from the fold where its row was not written in time. */
export const rowAfter = async (ports: ApiPorts, { state }: Outcome<Node>): Promise<NodeText> => {
  const row = await ports.readModel().nodes.byUuid(state.uuid);
  return row && row.revision >= state.revision ? row : rowOfFold(ports, state);
};
