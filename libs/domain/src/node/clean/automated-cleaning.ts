import type { NodeEvent } from '../families.js';
import { operationEvent } from '../families.js';
import type { Node } from '../node.js';
import { automatedCleaningSteps } from '../operation/ramdisk.js';
import { requireDriver, start } from '../operation/start.js';
import type { Move } from '../provisioning.js';
import { move } from '../provisioning.js';
import type { Surroundings } from '../surroundings.js';

/**
 * Starts cleaning on the way to available, or ends it at once where the node or the configuration wants none: the
 * node passes through `cleaning` all the same (Ironic, state machine).
 */
export const automatedCleaning = (node: Node, to: Move, surroundings: Surroundings): NodeEvent[] => {
  const wanted = node.attributes.automated_clean ?? surroundings.settings.automatedClean;
  const steps = wanted ? automatedCleaningSteps(node, requireDriver(node, surroundings)) : [];
  const started = start(node, 'Cleaning', to, { steps, mode: 'automated' }, surroundings);
  if (steps.length > 0) return started;
  const end = move('cleaning', node.retirement ? 'manage' : 'done')!;
  return [...started, operationEvent('Cleaning', 'Finished', { operation: surroundings.commandId, ...end })];
};

/** The same as the last act of a tear-down: nobody is there to be refused, so a missing driver is a failure. */
export const cleanAfterTeardown = (node: Node, to: Move, surroundings: Surroundings): NodeEvent[] =>
  automatedCleaning({ ...node, reservation: null }, to, surroundings);
