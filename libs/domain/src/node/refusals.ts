import { Problem } from '../problem.js';
import type { Node } from './node.js';
import type { Verb } from './provisioning.js';
import { move } from './provisioning.js';

// The sentences that several decisions refuse with. Those of Ironic's clients are known to their users.

export const missing = (ident: string): Problem =>
  new Problem({
    code: 'node.missing',
    title: 'There is no such node',
    detail: `Node ${ident} could not be found.`,
    hint: 'List the nodes: its name may have changed, or it was deleted.',
  });

export const locked = (node: Node): Problem =>
  new Problem({
    code: 'node.locked',
    title: 'The node is being worked on',
    detail: `Node ${node.uuid} is locked by host ${node.reservation}, please retry after the current operation is completed.`,
    hint: node.operation
      ? `A ${node.operation.family.toLowerCase()} is under way: ferrolog timeline ${node.uuid} shows where it stands.`
      : 'Retry in a few seconds.',
  });

export const wrongState = (node: Node, action: string): Problem =>
  new Problem({
    code: 'node.wrong-state',
    title: `The node's state does not allow "${action}"`,
    detail: `The requested action "${action}" can not be performed on node "${node.uuid}" while it is in state "${node.provisionState}".`,
    hint: `ferrolog plan ${node.uuid} lists what is possible now.`,
  });

export const inMaintenance = (node: Node, operation: string): Problem =>
  new Problem({
    code: 'node.in-maintenance',
    title: 'The node is in maintenance',
    detail: `The ${operation} operation can't be performed on node ${node.uuid} because it's in maintenance mode.`,
    hint: `Reason of the maintenance: ${node.maintenance?.reason ?? 'none given'}. Clear it first.`,
  });

export const protectedNode = (node: Node, operation: string): Problem =>
  new Problem({
    code: 'node.protected',
    title: 'The node is protected',
    detail: `Node ${node.uuid} is protected and can not be ${operation}.`,
    hint: `Reason of the protection: ${node.protection?.reason ?? 'none given'}. Set protected to false first.`,
  });

export const invalid = (detail: string, hint?: string): Problem =>
  new Problem({ code: 'request.invalid', title: 'The request cannot be understood', detail, hint });

export const noConductor = (node: Node): Problem =>
  new Problem({
    code: 'node.no-conductor',
    title: 'No conductor can work on the node',
    detail: `No conductor service registered which supports driver ${node.attributes.driver} for conductor group "${node.attributes.conductor_group}".`,
    hint: 'Start a conductor with this driver in this group.',
  });

export const requirePresent = (node: Node): void => {
  if (!node.present) throw missing(node.uuid);
};

export const requireUnlocked = (node: Node): void => {
  if (node.reservation !== null) throw locked(node);
};

/** The transition that the verb makes. An illegal one is answered as Ironic does: 409 while locked, else 400. */
export const requireMove = (node: Node, verb: Verb, action: string = verb) => {
  const next = move(node.provisionState, verb);
  if (!next) throw node.reservation !== null ? locked(node) : wrongState(node, action);
  requireUnlocked(node);
  return next;
};
