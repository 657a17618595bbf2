import type { AddPorts } from './inspect/found.js';

/** Configuration that decisions depend on, with Ironic's defaults (Ironic, conductor). */
export interface DecisionSettings {
  readonly automatedClean: boolean;
  readonly allowDeletingAvailableNodes: boolean;
  readonly allowProvisioningInMaintenance: boolean;
  readonly defaultConductorGroup: string;
  readonly defaultResourceClass: string | null;
  readonly maxConcurrentDeploy: number;
  readonly maxConcurrentClean: number;
  /** Waits without a sign of life, in milliseconds; 0: for ever. */
  readonly deployCallbackTimeoutMs: number;
  readonly cleanCallbackTimeoutMs: number;
  readonly inspectWaitTimeoutMs: number;
  readonly rescueCallbackTimeoutMs: number;
  readonly serviceCallbackTimeoutMs: number;
  readonly powerStateChangeTimeoutMs: number;
  readonly softPowerOffTimeoutMs: number;
  /** An action that was not begun so long after it was asked for is not done any more. */
  readonly actionDeadlineMs: number;
  readonly maxWaitStepMs: number;
  readonly fastTrack: boolean;
  readonly fastTrackTimeoutMs: number;
  readonly disallowedSteps: readonly string[];
  /** Which interfaces become ports at an inspection by an agent. */
  readonly inspectionAddPorts: AddPorts;
  /** In place of the priorities that agents give their steps, by interface.step; 0: not by themselves. */
  readonly agentStepPriorities: Readonly<Record<string, number>>;
}

export const defaultDecisionSettings: DecisionSettings = {
  automatedClean: true,
  allowDeletingAvailableNodes: true,
  allowProvisioningInMaintenance: true,
  defaultConductorGroup: '',
  defaultResourceClass: null,
  maxConcurrentDeploy: 250,
  maxConcurrentClean: 50,
  deployCallbackTimeoutMs: 1_800_000,
  cleanCallbackTimeoutMs: 1_800_000,
  inspectWaitTimeoutMs: 1_800_000,
  rescueCallbackTimeoutMs: 1_800_000,
  serviceCallbackTimeoutMs: 1_800_000,
  powerStateChangeTimeoutMs: 60_000,
  softPowerOffTimeoutMs: 600_000,
  actionDeadlineMs: 60_000,
  maxWaitStepMs: 30_000,
  fastTrack: false,
  fastTrackTimeoutMs: 300_000,
  disallowedSteps: ['vendor.send_raw'],
  inspectionAddPorts: 'pxe',
  agentStepPriorities: {},
};
