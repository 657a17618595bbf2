import type { ProblemDetails } from '../../problem.js';
import type { NodeEvent } from '../families.js';
import { nodeEvent } from '../families.js';
import type { Node } from '../node.js';

// What the owner sees when it reads the machine on its own account. The fact is recorded, not the poll.

interface Observation {
  /** Of the node when the reading began: void if power or an operation changed since (design 8). */
  readonly revision: number;
}

const isVoid = (node: Node, { revision }: Observation): boolean =>
  !node.present || node.reservation !== null || node.workRevision > revision;

/** The power is another than recorded: the record follows the machine. */
export const observePower = (data: Observation & { readonly powerState: string | null }, node: Node): NodeEvent[] =>
  isVoid(node, data) || node.power.state === data.powerState
    ? []
    : [nodeEvent('PowerStateObserved', { powerState: data.powerState, previous: node.power.state })];

export const observeBoot = (
  data: Observation & { readonly bootMode: string | null; readonly secureBoot: boolean | null },
  node: Node,
): NodeEvent[] =>
  isVoid(node, data) || (node.boot.mode === data.bootMode && node.boot.secure === data.secureBoot)
    ? []
    : [nodeEvent('BootStateObserved', { bootMode: data.bootMode, secureBoot: data.secureBoot })];

/** Power could not be read or kept too often: an operator has to look (Ironic, state machine). */
export const reportPowerFault = (
  data: Observation & { readonly powerState: string | null; readonly problem: ProblemDetails },
  node: Node,
): NodeEvent[] => {
  if (isVoid(node, data) || node.maintenance) return [];
  return [
    ...(node.power.state === data.powerState
      ? []
      : [nodeEvent('PowerStateObserved', { powerState: data.powerState, previous: node.power.state })]),
    nodeEvent('MaintenanceSet', { reason: data.problem.detail, fault: 'power failure', problem: data.problem }),
  ];
};

/** The power can be read again: the one fault that heals itself. */
export const recoverPower = (data: Observation & { readonly powerState: string }, node: Node): NodeEvent[] => {
  if (isVoid(node, data) || node.fault !== 'power failure') return [];
  return [
    ...(node.power.state === data.powerState
      ? []
      : [nodeEvent('PowerStateObserved', { powerState: data.powerState, previous: node.power.state })]),
    nodeEvent('MaintenanceCleared', {}),
  ];
};
