import type { DriverManifest } from '../../ports/driver-catalog.js';
import { Problem } from '../../problem.js';
import type { NodeEvent, OperationFactData, OperationFamily } from '../families.js';
import { operationEvent } from '../families.js';
import type { InterfaceType, Node } from '../node.js';
import type { Move } from '../provisioning.js';
import { noConductor } from '../refusals.js';
import { isServicing } from '../state-sets.js';
import type { Surroundings } from '../surroundings.js';

type Details = Omit<
  OperationFactData<'Started'>,
  'operation' | 'provisionState' | 'targetProvisionState' | 'conductor' | 'agentKept'
>;

/** Hands the node to its conductor with a plan. Touches nothing: the conductor follows the event. */
export const start = (
  node: Node,
  family: OperationFamily,
  to: Move,
  details: Details,
  surroundings: Surroundings,
): NodeEvent[] => {
  const conductor = requireOwner(node, surroundings);
  return [
    operationEvent(family, 'Started', {
      operation: surroundings.commandId,
      ...to,
      conductor,
      ...(agentStays(node, surroundings) && { agentKept: true }),
      ...details,
    }),
  ];
};

export const requireOwner = (node: Node, { owner }: Surroundings): string => {
  const host = owner(node);
  if (!host) throw noConductor(node);
  return host;
};

/** @throws Problem node.no-conductor */
export const requireDriver = (node: Node, { catalog }: Surroundings): DriverManifest => {
  const driver = catalog.driver(node.attributes.driver, node.attributes.conductor_group);
  if (!driver) throw noConductor(node);
  return driver;
};

/** @throws Problem node.not-valid with the first reason why one of the interfaces cannot be used */
export const requireValid = (
  node: Node,
  types: readonly InterfaceType[],
  purpose: string,
  { catalog }: Surroundings,
): void => {
  for (const type of types) {
    const reason = catalog.refusal(node, type);
    if (reason !== undefined)
      throw new Problem({
        code: 'node.not-valid',
        title: `The node's ${type} interface cannot be used`,
        detail: `Failed to validate ${purpose} info for node ${node.uuid}. Error: ${reason}`,
        hint: `baremetal node validate ${node.uuid} shows all interfaces.`,
      });
  }
};

/** Fast track: an agent that lives goes on from one operation to the next (Ironic, agent API). */
export const isFastTrack = (node: Node, { settings }: Pick<Surroundings, 'settings'>): boolean => {
  const wanted = node.attributes.driver_info.fast_track ?? settings.fastTrack;
  return (wanted === true || wanted === 'true' || wanted === 'True') && !isServicing(node.provisionState);
};

const agentStays = (node: Node, surroundings: Surroundings): boolean =>
  node.agent?.connected !== null &&
  node.agent !== null &&
  node.lastError === null &&
  node.power.state !== 'power off' &&
  isFastTrack(node, surroundings);
