import { Problem } from '../../problem.js';
import type { NodeEvent } from '../families.js';
import { nodeEvent } from '../families.js';
import type { Bag, Node } from '../node.js';
import { isFastTrack } from '../operation/start.js';
import { invalid, requirePresent } from '../refusals.js';
import { allowsFastTrackHeartbeat, allowsFastTrackLookup, allowsHeartbeat, allowsLookup } from '../state-sets.js';
import type { Surroundings } from '../surroundings.js';

/** Whether an agent of this node may look itself up now (Ironic, agent API). */
export const mayLookUp = (node: Node, surroundings: Pick<Surroundings, 'settings'>): boolean =>
  node.present &&
  (allowsLookup(node.provisionState) ||
    (isFastTrack(node, surroundings) && allowsFastTrackLookup(node.provisionState)));

/**
 * Gives an agent that just booted its token: once a boot. An answer may be lost, so one that asks again from the same
 * place before its first heartbeat gets a new token, which voids the one before.
 */
export const issueAgentToken = (
  data: { readonly token: Bag; readonly boot: string; readonly address: string | null },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  if (!mayLookUp(node, surroundings)) throw unexpectedAgent(node.uuid);
  if (node.reservation !== null && node.action)
    throw new Problem({
      code: 'agent.locked',
      title: 'The node is being worked on',
      detail: `Node ${node.uuid} is locked by host ${node.reservation}.`,
    });
  if (node.agent && (node.agent.connected || node.agent.address !== data.address)) return [];
  return [nodeEvent('AgentTokenIssued', { token: data.token, boot: data.boot, address: data.address })];
};

export const unexpectedAgent = (ident: string): Problem =>
  new Problem({ code: 'agent.unexpected', title: 'No agent is expected', detail: `Node ${ident} could not be found.` });

export interface Heartbeat {
  readonly callbackUrl: string;
  readonly version: string | null;
  readonly verifyCa: string | null;
  /** Whether the token was the one given to this boot: compared before, under the key that opens it. */
  readonly tokenMatches: boolean;
}

/** The first heartbeat of a boot says where the agent answers; later ones are signs of life and no events. */
export const connectAgent = (data: Heartbeat, node: Node, surroundings: Surroundings): NodeEvent[] => {
  requirePresent(node);
  if (!data.tokenMatches || !node.agent)
    throw new Problem({
      code: 'agent.token-invalid',
      title: 'The token is not that of this boot',
      detail: 'Agent token is invalid.',
      hint: 'Reboot the machine: it gets a new token when it looks itself up.',
    });
  const { connected } = node.agent;
  if (connected && connected.callbackUrl !== data.callbackUrl)
    throw invalid(`Detected change in ramdisk provided "callback_url" for node ${node.uuid}.`);
  if (connected?.verifyCa && data.verifyCa && connected.verifyCa !== data.verifyCa)
    throw invalid(`Detected change in ramdisk provided "agent_verify_ca" for node ${node.uuid}.`);
  if (connected || !isHeard(node, surroundings)) return [];
  return [
    nodeEvent('AgentConnected', {
      boot: node.agent.boot,
      callbackUrl: data.callbackUrl,
      version: data.version,
      verifyCa: data.verifyCa,
    }),
  ];
};

/** Whether heartbeats of this node are taken notice of in its state. Others are answered all the same. */
export const isHeard = (node: Node, surroundings: Pick<Surroundings, 'settings'>): boolean =>
  allowsHeartbeat(node.provisionState) ||
  (isFastTrack(node, surroundings) && allowsFastTrackHeartbeat(node.provisionState));
