import type { RecordedEvent } from '../../ports/event-store.js';
import { isSealed } from '../../ports/key-store.js';
import type { OperationFact, OperationFactData, OperationFamily } from '../families.js';
import type { Change } from '../change.js';
import { moved, withAttributes, withoutVifs } from '../change.js';
import type { Bag, Node, Operation } from '../node.js';

type Evolve<F extends OperationFact> = (
  node: Node,
  data: OperationFactData<F>,
  event: RecordedEvent,
  family: OperationFamily,
) => Change;

/** What each fact about a run changes, the same for all families. */
const byFact: { [F in OperationFact]: Evolve<F> } = {
  Started: (node, data, event, family) => ({
    ...moved(data, event),
    ...withAttributes(node, startingAttributes(node, data)),
    ...inspection(node, family, data.provisionState, event),
    operation: started(data, event, family),
    reservation: data.conductor,
    lastError: null,
    agent: data.agentKept ? node.agent : null,
  }),
  Planned: (node, data) =>
    changed(node, { steps: [...(node.operation?.steps ?? []).slice(0, data.from), ...data.steps] }),
  StepStarted: (node, data) =>
    changed(node, { index: data.index, running: { attempt: data.attempt ?? 1, epoch: data.epoch }, waiting: null }),
  StepCompleted: (node, data) => ({
    ...changed(node, { index: data.index + 1, running: null, waiting: null }),
    ...told(node, data.result),
  }),
  StepFailed: (node, data, event, family) =>
    data.provisionState
      ? failed(node, data as Failure, event, family)
      : {
          ...changed(node, { index: data.index + 1, running: null, waiting: null }),
          lastError: data.problem.detail,
        },
  StepOutcomeUnknown: (node, data, event, family) => failed(node, data, event, family),
  Waiting: (node, data, event) => ({
    ...moved(data, event),
    ...withAttributes(node, data.attributes),
    ...changed(node, {
      index: data.index,
      running: null,
      waiting: wait(data.expects ?? 'agent', data.timeoutMs, event),
    }),
  }),
  Resumed: (node, data, event) => ({
    ...moved(data, event),
    ...changed(node, { waiting: null, running: null }),
    reservation: data.conductor,
  }),
  Held: (node, data, event) => ({
    ...moved(data, event),
    ...changed(node, { index: data.index, running: null, waiting: null, held: true }),
  }),
  Released: (node, data, event) => ({
    ...moved(data, event),
    ...changed(node, {
      index: (node.operation?.index ?? 0) + 1,
      held: false,
      waiting: wait(data.expects ?? 'nothing', data.timeoutMs ?? 0, event),
    }),
  }),
  AbortRequested: node => changed(node, { abortRequested: true }),
  Aborted: (node, data, event, family) => failed(node, data, event, family),
  TimedOut: (node, data, event, family) => failed(node, data, event, family),
  Failed: (node, data, event, family) => failed(node, data, event, family),
  Finished: (node, data, event, family) => ({
    ...moved(data, event),
    ...ended(node, family, data.provisionState, event),
    ...(family === 'Teardown' && withoutInstance(node, event)),
    ...withAttributes(node, data.attributes),
  }),
};

export const evolveOperation = (
  node: Node,
  family: OperationFamily,
  fact: OperationFact,
  event: RecordedEvent,
): Change => (byFact[fact] as Evolve<OperationFact>)(node, event.data as never, event, family);

const started = (data: OperationFactData<'Started'>, event: RecordedEvent, family: OperationFamily): Operation => ({
  id: data.operation,
  family,
  mode: data.mode ?? null,
  rebuild: data.rebuild ?? false,
  disableRamdisk: data.disableRamdisk ?? false,
  rescuePassword: isSealed(data.rescuePassword) ? data.rescuePassword : null,
  steps: data.steps,
  index: 0,
  running: null,
  waiting: null,
  held: false,
  abortRequested: false,
  epoch: null,
  startedAt: event.recorded,
});

/** A config drive stays with the instance: a rebuild without one takes it again. */
const startingAttributes = (node: Node, data: OperationFactData<'Started'>): Bag | undefined =>
  data.configdrive
    ? {
        ...data.attributes,
        instance_info: {
          ...((data.attributes?.instance_info as Bag | undefined) ?? node.attributes.instance_info),
          configdrive: data.configdrive,
        },
      }
    : data.attributes;

const wait = (expects: NonNullable<Operation['waiting']>['expects'], timeoutMs: number, event: RecordedEvent) => ({
  expects,
  timeoutMs,
  since: event.recorded,
  revision: event.revision,
});

const changed = (node: Node, change: Partial<Operation>): Change =>
  node.operation ? { operation: { ...node.operation, ...change } } : {};

/** What a step tells about the machine, by the name of the fact. */
const told = (node: Node, result: Bag | undefined): Change => {
  if (!result) return {};
  const { powerState, bootMode, secureBoot, raidConfig } = result as {
    powerState?: string | null;
    bootMode?: string | null;
    secureBoot?: boolean | null;
    raidConfig?: Bag;
  };
  return {
    ...(powerState !== undefined && { power: { ...node.power, state: powerState } }),
    ...((bootMode !== undefined || secureBoot !== undefined) && {
      boot: { ...node.boot, mode: bootMode ?? node.boot.mode, secure: secureBoot ?? node.boot.secure },
    }),
    ...(raidConfig !== undefined && { raid: { ...node.raid, actual: raidConfig } }),
  };
};

interface Failure {
  readonly provisionState: string;
  readonly targetProvisionState?: string | null;
  readonly problem: { readonly detail: string };
}

const failed = (node: Node, data: Failure, event: RecordedEvent, family: OperationFamily): Change => ({
  ...moved(data, event),
  ...ended(node, family, data.provisionState, event),
  ...(family === 'Teardown' && withoutInstance(node, event)),
  ...(family === 'Adoption' && { power: { ...node.power, state: null } }),
  lastError: data.problem.detail,
});

const ended = (node: Node, family: OperationFamily, state: string, event: RecordedEvent): Change => ({
  operation: null,
  ...inspection(node, family, state, event),
});

/** Tear-down takes the instance away whether or not its steps succeeded (Ironic, deployment). */
const withoutInstance = (node: Node, event: RecordedEvent) => ({
  ...withAttributes(node, { instance_info: null, instance_uuid: null, instance_name: null }),
  ports: withoutVifs(node.ports, event.recorded),
  agent: null,
  instanceSince: event.revision,
});

const inspection = (node: Node, family: OperationFamily, state: string, event: RecordedEvent): Change => {
  if (family !== 'Inspection') return {};
  if (state === 'inspecting') return { inspection: { startedAt: event.recorded, finishedAt: null } };
  if (state === 'manageable') return { inspection: { startedAt: null, finishedAt: event.recorded } };
  return { inspection: { ...node.inspection, startedAt: null } };
};
