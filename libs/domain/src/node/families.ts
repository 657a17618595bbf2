import type { EventDataByType } from '../generated/events.js';
import type { Verb } from './provisioning.js';

/**
 * What an operator can have done with a node, each an operation with a plan of steps. One row says all that differs:
 * which verb starts it, which of Ironic's step kinds it runs, and the fault that a failing step leaves.
 */
export const operationFamilies = {
  Verification: { verb: 'manage', noun: 'verification', steps: 'verify' },
  Inspection: { verb: 'inspect', noun: 'inspection', steps: null },
  Cleaning: { verb: 'clean', noun: 'cleaning', steps: 'clean', fault: 'clean failure' },
  Deployment: { verb: 'deploy', noun: 'deployment', steps: 'deploy' },
  Teardown: { verb: 'delete', noun: 'tear-down', steps: null },
  Adoption: { verb: 'adopt', noun: 'adoption', steps: null },
  Rescue: { verb: 'rescue', noun: 'rescue', steps: null },
  Unrescue: { verb: 'unrescue', noun: 'unrescue', steps: null },
  Service: { verb: 'service', noun: 'service', steps: 'service', fault: 'service failure' },
} as const satisfies Record<string, OperationFamilyRow>;

interface OperationFamilyRow {
  readonly verb: Verb;
  /** For sentences. */
  readonly noun: string;
  readonly steps: StepKind | null;
  readonly fault?: string;
}

export type OperationFamily = keyof typeof operationFamilies;
export type StepKind = 'verify' | 'clean' | 'deploy' | 'service';

/** Single changes of the hardware: one effect, no provision state. */
export const actionFamilies = [
  'PowerChange',
  'BootDeviceChange',
  'BootModeChange',
  'SecureBootChange',
  'NmiInjection',
  'IndicatorChange',
  'ConsoleChange',
  'VirtualMediaChange',
  'VendorPassthru',
] as const;
export type ActionFamily = (typeof actionFamilies)[number];

const operationFacts = [
  'Started',
  'Planned',
  'StepStarted',
  'StepCompleted',
  'StepFailed',
  'StepOutcomeUnknown',
  'Waiting',
  'Resumed',
  'Held',
  'Released',
  'AbortRequested',
  'Aborted',
  'TimedOut',
  'Failed',
  'Finished',
] as const;
export type OperationFact = (typeof operationFacts)[number];

const actionFacts = ['Requested', 'Started', 'Completed', 'Failed', 'Expired'] as const;
export type ActionFact = (typeof actionFacts)[number];

export type NodeEventType = Exclude<
  keyof EventDataByType,
  `Reservation${string}` | `Chassis${string}` | `Conductor${string}` | 'IdempotencyKeyUsed'
>;

/** An event as `decide` answers it: what happened, not yet who and when. */
export type NodeEvent = {
  [T in NodeEventType]: { readonly type: T; readonly data: EventDataByType[T] };
}[NodeEventType];

/** Data of a fact, the same for every family that knows it. */
export type OperationFactData<F extends OperationFact> = EventDataByType[`Cleaning${F}`];
export type ActionFactData<F extends ActionFact> = EventDataByType[`PowerChange${F}`];

export type TypeParts =
  | { readonly of: 'operation'; readonly family: OperationFamily; readonly fact: OperationFact }
  | { readonly of: 'action'; readonly family: ActionFamily; readonly fact: ActionFact };

const parts = new Map<string, TypeParts>();
for (const family of Object.keys(operationFamilies) as OperationFamily[])
  for (const fact of operationFacts) parts.set(family + fact, { of: 'operation', family, fact });
for (const family of actionFamilies)
  for (const fact of actionFacts) parts.set(family + fact, { of: 'action', family, fact });

/** Family and fact that an event type is made of; undefined for the types that are not. */
export const partsOf = (type: string): TypeParts | undefined => parts.get(type);

/** The event of a family. Types as JSON Schema lists them; whether a family knows the fact is up to the caller. */
export const operationEvent = <F extends OperationFact>(
  family: OperationFamily,
  fact: F,
  data: OperationFactData<F>,
): NodeEvent => ({ type: `${family}${fact}`, data }) as unknown as NodeEvent;

export const actionEvent = <F extends ActionFact>(family: ActionFamily, fact: F, data: ActionFactData<F>): NodeEvent =>
  ({ type: `${family}${fact}`, data }) as unknown as NodeEvent;

export const nodeEvent = <T extends NodeEventType>(type: T, data: EventDataByType[T]): NodeEvent =>
  ({ type, data }) as unknown as NodeEvent;
