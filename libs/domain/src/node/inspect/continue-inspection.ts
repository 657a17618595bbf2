import { Problem } from '../../problem.js';
import { nodeEvent } from '../families.js';
import type { NodeEvent } from '../families.js';
import type { Bag, Node } from '../node.js';
import { completeStep, failStep } from '../operation/report.js';
import { portDefaults } from '../ports/ports.js';
import { requirePresent } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';
import type { Found } from './found.js';

/** What a ramdisk calls back with: see Ironic, agent API. */
export interface ContinueInspection {
  /** Content or blob reference of `{ inventory, plugin_data }`. */
  readonly inventory: Bag;
  /** What follows from it, or why it cannot be used. */
  readonly found: Found | string;
  /** What went wrong in the ramdisk, in its own words. */
  readonly error: string | null;
  /** An id for each port that may have to be made. */
  readonly portIds: readonly string[];
}

/** Ends the wait of an inspection with what the ramdisk found: ports and properties follow from it. */
export const continueInspection = (
  { inventory, found, error, portIds }: ContinueInspection,
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  const { operation, claim } = node;
  if (operation?.family !== 'Inspection' || !operation.waiting?.inStep || node.action || !claim)
    throw new Problem({
      code: 'agent.unexpected',
      title: 'No inspection waits for this',
      detail: `Node ${node.uuid} could not be found.`,
    });
  const intent = {
    operation: operation.id,
    index: operation.index,
    attempt: 1,
    epoch: claim.epoch,
    conductor: claim.conductor,
  };
  const failed = (detail: string, hint: string) =>
    failStep(
      { ...intent, problem: { code: 'step.failed', title: 'The inspection failed', detail, hint } },
      node,
      surroundings,
    );
  if (error)
    return failed(`Failed to inspect hardware: the ramdisk says: ${error}`, "See the ramdisk's console for more.");
  if (typeof found === 'string')
    return failed(`Failed to inspect hardware: ${found}`, 'Compare the inventory with what the machine has.');
  const known = new Set(Object.values(node.ports).map(({ address }) => address));
  const ports = found.ports
    .filter(({ address }) => !known.has(address))
    .flatMap(({ address, isPxe }, index) => {
      const uuid = portIds[index];
      return uuid ? [nodeEvent('PortAttached', { port: { uuid, address, ...portDefaults, pxe_enabled: isPxe } })] : [];
    });
  const result = { inventory, properties: found.properties };
  return [...ports, ...completeStep({ ...intent, result }, node, surroundings)];
};
