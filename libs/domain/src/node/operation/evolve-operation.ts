import type { RecordedEvent } from '../../ports/event-store.js';
import { isSealed } from '../../ports/key-store.js';
import type { OperationFact, OperationFactData, OperationFamily } from '../families.js';
import type { Change } from '../change.js';
import { moved, withAttributes, withoutVifs } from '../change.js';
import type { Bag, Node, Operation, Ramdisk } from '../node.js';

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
  StepStarted: (node, data) => {
    const { agent, ramdisk } = agentAt(node, data.index);
    const running = { attempt: data.attempt ?? 1, epoch: data.epoch };
    return {
      ...changed(node, { index: data.index, running, waiting: null, agentBoot: agent?.boot ?? null }),
      agent,
      ramdisk,
    };
  },
  StepCompleted: (node, data) => ({
    ...changed(node, { index: data.index + 1, running: null, waiting: null }),
    ...told(node, data.result),
    ...(node.operation?.steps[data.index]?.agent === 'ends' && { agent: null, ramdisk: null }),
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
      waiting: {
        ...wait(data.expects ?? 'agent', data.timeoutMs, event),
        inStep: true,
        command: data.agentCommand ?? null,
      },
    }),
    ...(data.agentCommand && node.agent && { agent: { ...node.agent, command: data.agentCommand } }),
    ...(data.powerState !== undefined && { power: { ...node.power, state: data.powerState } }),
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
    ...ended(node, family, data.provisionState, event, 'done'),
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
  agentKept: data.agentKept ?? false,
  agentBoot: null,
  without: data.without ?? [],
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
  inStep: false,
  command: null,
  expects,
  timeoutMs,
  since: event.recorded,
  revision: event.revision,
});

const changed = (node: Node, change: Partial<Operation>): Change =>
  node.operation ? { operation: { ...node.operation, ...change } } : {};

/**
 * Agent and ramdisk when a step begins. One that boots a ramdisk takes the agent before it away, so that the token of
 * the new boot is given out; a step of the conductor that switches power does, too.
 */
const agentAt = (node: Node, index: number): Pick<Node, 'agent' | 'ramdisk'> => {
  const { operation, agent, ramdisk } = node;
  const step = operation?.steps[index];
  if (operation && step?.agent === 'starts') {
    const isKept = operation.agentKept && ramdisk?.operation !== operation.id;
    return {
      agent: isKept ? agent : null,
      ramdisk: { operation: operation.id, family: operation.family, ended: null },
    };
  }
  const switchesPower = step?.implementation === '' && (step.step === 'reboot' || step.step === 'power_off');
  return { agent: switchesPower ? null : agent, ramdisk };
};

/** What a step tells about the machine, by the name of the fact. */
const told = (node: Node, result: Bag | undefined): Change => {
  if (!result) return {};
  const { powerState, bootMode, secureBoot, raidConfig, hardwareManagers } = result as {
    hardwareManagers?: Bag;
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
    ...(hardwareManagers && node.agent && { agent: { ...node.agent, hardwareManagers } }),
    ...(raidConfig !== undefined && { raid: { ...node.raid, actual: raidConfig } }),
  };
};

interface Failure {
  readonly provisionState: string;
  readonly targetProvisionState?: string | null;
  readonly problem: { readonly code?: string; readonly detail: string };
}

const failed = (node: Node, data: Failure, event: RecordedEvent, family: OperationFamily): Change => ({
  ...moved(data, event),
  ...ended(node, family, data.provisionState, event, data.problem.code === 'operation.aborted' ? 'aborted' : 'failed'),
  ...(family === 'Teardown' && withoutInstance(node, event)),
  ...(family === 'Adoption' && { power: { ...node.power, state: null } }),
  lastError: data.problem.detail,
});

const ended = (
  node: Node,
  family: OperationFamily,
  state: string,
  event: RecordedEvent,
  how: NonNullable<Ramdisk['ended']>,
): Change => ({
  operation: null,
  ramdisk: node.ramdisk && { ...node.ramdisk, ended: how },
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
