import type { DriverManifest } from '../../ports/driver-catalog.js';
import type { Node, PlannedStep } from '../node.js';
import { drivesAgents } from './agent-steps.js';
import { automaticSteps, coreStep, reservedSteps } from './plan.js';

/** The machine is booted into a ramdisk before the steps, and out of it after them. */
const aboard = (
  node: Node,
  driver: DriverManifest,
  purpose: 'cleaning' | 'service',
  steps: readonly PlannedStep[],
): PlannedStep[] => {
  const [before, after] = [`prepare_${purpose}`, `tear_down_${purpose}`];
  const around = (name: string) => coreStep(node, driver, 'deploy', name) ?? [];
  return [around(before), [...steps], around(after)].flat();
};

/** What a client lists, with the ramdisk around it where one of the steps needs it. */
export const listedSteps = (
  node: Node,
  driver: DriverManifest,
  purpose: 'cleaning' | 'service',
  steps: readonly PlannedStep[],
  disableRamdisk = false,
): PlannedStep[] => {
  const needs = steps.some(({ requiresRamdisk, step }) => requiresRamdisk && !Object.hasOwn(reservedSteps, step));
  return needs && !disableRamdisk ? aboard(node, driver, purpose, steps) : [...steps];
};

/** What an automated cleaning begins with: where an agent is driven, it is asked for its steps first. */
export const automatedCleaningSteps = (node: Node, driver: DriverManifest): PlannedStep[] => {
  const steps = automaticSteps(node, driver, 'clean');
  return drivesAgents(node, driver) ? aboard(node, driver, 'cleaning', steps) : steps;
};
