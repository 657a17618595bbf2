import type { ProblemDetails } from '../../problem.js';
import { Problem } from '../../problem.js';
import { abortedByRequest } from '../abort/abort-operation.js';
import type { NodeEvent } from '../families.js';
import { nodeEvent, operationEvent, operationFamilies } from '../families.js';
import type { Bag, Node, Operation, PlannedStep } from '../node.js';
import { move } from '../provisioning.js';
import type { Surroundings } from '../surroundings.js';
import type { AgentSteps } from './agent-steps.js';
import { fail, proceed, to } from './continue.js';
import { cleaningFromTheStart, planWithAgent } from './plan-with-agent.js';

// What conductors report. A report that answers an intent which is no longer open is void: it decides nothing.

/** The intent that a report answers. */
export interface Intent {
  readonly operation: string;
  readonly index: number;
  readonly attempt: number;
  readonly epoch: number;
}

/** Who works: the epoch it holds, if it holds one already. */
export interface Claimant {
  readonly conductor: string;
  readonly epoch?: number;
}

/** Takes the next step of the plan up, or again after a restart. */
export const beginStep = (
  data: Claimant & { readonly operation: string; readonly index: number; readonly again?: boolean },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  const operation = openOperation(node, data.operation);
  if (!operation || operation.index !== data.index || operation.waiting || operation.held) return [];
  if ((operation.running !== null) !== (data.again ?? false)) return [];
  const { epoch, events } = claim(node, data);
  const attempt = (operation.running?.attempt ?? 0) + 1;
  return [...events, ...proceed(node, operation, operation.index, { epoch, attempt }, surroundings)];
};

/** Under the epoch held, or under a new one: epochs never start again. */
export const claim = (node: Node, { conductor, epoch }: Claimant): { epoch: number; events: NodeEvent[] } => {
  if (epoch !== undefined && node.claim?.epoch === epoch && node.claim.conductor === conductor)
    return { epoch, events: [] };
  const next = (node.claim?.epoch ?? 0) + 1;
  return { epoch: next, events: [nodeEvent('NodeClaimed', { conductor, epoch: next })] };
};

export interface StepResult {
  /** Of an agent that has just been heard for the first time: the rest of the plan is made with them. */
  readonly agentSteps?: AgentSteps;
  readonly hardwareManagers?: Bag;
  readonly powerState?: string | null;
  readonly bootMode?: string | null;
  readonly secureBoot?: boolean | null;
  readonly raidConfig?: Bag;
  readonly biosSettings?: Bag;
  readonly firmware?: readonly Bag[];
  /** Content or blob reference of `{ inventory, plugin_data }`, and the properties found. */
  readonly inventory?: Bag;
  readonly properties?: Bag;
}

/** The step did what it should: recorded together with the next intent, or with the end. */
export const completeStep = (
  data: Intent & { readonly conductor: string; readonly result?: StepResult },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  const operation = answered(node, data);
  if (!operation) return [];
  const { family, id, index } = operation;
  const step = operation.steps[index]!;
  const resumed = operation.waiting ? resume(node, operation, data.conductor) : { events: [], node };
  const { biosSettings, firmware, inventory, properties, agentSteps, ...rest } = data.result ?? {};
  const told = agentSteps ? { ...rest, hardwareManagers: agentSteps.hardwareManagers } : rest;
  const completed = operationEvent(family, 'StepCompleted', {
    operation: id,
    index,
    attempt: data.attempt,
    interface: step.interface,
    step: step.step,
    ...(Object.keys(told).length > 0 && { result: told }),
  });
  const found = [
    ...(biosSettings ? [nodeEvent('BiosSettingsRead', { settings: biosSettings })] : []),
    ...(firmware ? [nodeEvent('FirmwareComponentsRead', { components: [...firmware] })] : []),
    ...(inventory ? [nodeEvent('InventoryRecorded', { inventory, ...(properties && { properties }) })] : []),
  ];
  const ready = { ...operation, running: null, waiting: null };
  const next = operation.abortRequested
    ? abortAfter(resumed.node, ready)
    : agentSteps
      ? planAndProceed(resumed.node, ready, index + 1, agentSteps, data, surroundings)
      : proceed(resumed.node, ready, index + 1, { epoch: data.epoch }, surroundings);
  return [...resumed.events, completed, ...found, ...next];
};

/** Goes on with a plan that the agent's steps are part of, or fails where it lacks one that was asked for. */
const planAndProceed = (
  node: Node,
  operation: Operation,
  index: number,
  told: AgentSteps,
  { epoch }: Intent,
  surroundings: Surroundings,
): NodeEvent[] => {
  const { family, id } = operation;
  let steps: PlannedStep[];
  try {
    steps = planWithAgent(node, operation, index, told, surroundings);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return fail(node, operation, 'Failed', problem.details);
  }
  const plan = [...operation.steps.slice(0, index), ...steps];
  const isNew = JSON.stringify(plan) !== JSON.stringify(operation.steps);
  return [
    ...(isNew ? [operationEvent(family, 'Planned', { operation: id, from: index, steps })] : []),
    ...proceed(node, { ...operation, steps: plan }, index, { epoch }, surroundings),
  ];
};

/**
 * The agent has become another one than the plan was made with and has refused the step. An automated cleaning begins
 * anew; what a client asked for goes on with the same step (Ironic, agent API).
 */
export const planAnew = (
  data: Intent & { readonly conductor: string; readonly agentSteps: AgentSteps },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  const operation = answered(node, data);
  if (!operation) return [];
  const resumed = operation.waiting ? resume(node, operation, data.conductor) : { events: [], node };
  const ready = { ...operation, running: null, waiting: null };
  const plan = operation.mode === 'automated' ? cleaningFromTheStart(ready) : ready;
  const next = planAndProceed(resumed.node, plan, operation.index, data.agentSteps, data, surroundings);
  return [
    ...resumed.events,
    nodeEvent('AgentStepsRead', { hardwareManagers: data.agentSteps.hardwareManagers }),
    ...next,
  ];
};

/** The abort that was put off until the step had ended. The machine has no such verb in a working state: it fails. */
const abortAfter = (node: Node, operation: Operation): NodeEvent[] =>
  fail(node, operation, 'Failed', abortedByRequest(operation));

const resume = (node: Node, operation: Operation, conductor: string) => {
  const next = to(node, operation, 'resume');
  return {
    events: [operationEvent(operation.family, 'Resumed', { operation: operation.id, ...next, conductor })],
    node: { ...node, ...next },
  };
};

export const failStep = (
  data: Intent & { readonly conductor: string; readonly problem: ProblemDetails },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  const operation = answered(node, data);
  if (!operation) return [];
  const step = operation.steps[operation.index]!;
  // A verify step that fails is only noted: power decides whether the machine can be driven (section 7.1).
  const isOptional = operation.family === 'Verification' && step.step !== 'get_power_state';
  if (!isOptional) return fail(node, operation, 'StepFailed', data.problem);
  const { id, family, index } = operation;
  const noted = operationEvent(family, 'StepFailed', {
    operation: id,
    index,
    attempt: data.attempt,
    interface: step.interface,
    step: step.step,
    problem: data.problem,
  });
  return [noted, ...proceed(node, { ...operation, running: null }, index + 1, { epoch: data.epoch }, surroundings)];
};

/** A step that must not run twice may have run, and nothing can tell. Never twice outranks resume. */
export const loseStep = (data: Intent & Claimant & { readonly problem: ProblemDetails }, node: Node): NodeEvent[] => {
  const operation = answered(node, data);
  if (!operation) return [];
  const { events } = claim(node, { conductor: data.conductor });
  return [...events, ...fail(node, operation, 'StepOutcomeUnknown', data.problem)];
};

/** A reading after a restart showed that the step had been done. */
export const confirmStep = (
  data: Intent & { readonly conductor: string; readonly result?: StepResult },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  if (!answered(node, data)) return [];
  const { epoch, events } = claim(node, { conductor: data.conductor });
  const intent = { ...data, epoch };
  const open = { ...node, operation: { ...node.operation!, running: { attempt: data.attempt, epoch } } };
  return [...events, ...completeStep(intent, open, surroundings)];
};

/**
 * The step goes on elsewhere: the node is given free until a sign of life. Said by another conductor than the one that
 * began the step, it comes with a claim. Said again, of the agent's command that is now known.
 */
export const waitInStep = (
  data: Intent & {
    readonly expects: 'agent' | 'driver';
    readonly timeoutMs: number;
    readonly recoveredBy?: string;
    readonly agentCommand?: string;
    readonly powerState?: string;
  },
  node: Node,
): NodeEvent[] => {
  const operation = answered(node, data);
  if (!operation) return [];
  const { waiting } = operation;
  if (waiting && (data.agentCommand === undefined || waiting.command === data.agentCommand)) return [];
  const stays = { provisionState: node.provisionState, targetProvisionState: node.targetProvisionState };
  if (!waiting && !move(node.provisionState, 'wait')) return fail(node, operation, 'StepFailed', cannotWait(operation));
  const { events } = data.recoveredBy ? claim(node, { conductor: data.recoveredBy }) : { events: [] };
  return [
    ...events,
    operationEvent(operation.family, 'Waiting', {
      operation: operation.id,
      index: operation.index,
      attempt: data.attempt,
      ...(waiting ? stays : to(node, operation, 'wait')),
      expects: data.expects,
      timeoutMs: data.timeoutMs,
      ...(data.agentCommand !== undefined && { agentCommand: data.agentCommand }),
      ...(data.powerState !== undefined && { powerState: data.powerState }),
    }),
  ];
};

/** A driver's mistake, told as one: Ironic's life cycle has no wait there. */
const cannotWait = ({ family, steps, index }: Operation): ProblemDetails => ({
  code: 'step.failed',
  title: 'The step cannot wait',
  detail: `Step "${steps[index]?.step}" went on in the background, which a ${operationFamilies[family].noun} has no state for.`,
  hint: 'This is a defect of the driver: report it.',
});

/** Nobody is waited for (a hold was lifted): on with the plan. */
export const resumeOperation = (
  data: Claimant & { readonly operation: string },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  const operation = openOperation(node, data.operation);
  if (!operation?.waiting || node.action) return [];
  const { epoch, events } = claim(node, data);
  const resumed = resume(node, operation, data.conductor);
  const ready = { ...operation, waiting: null };
  return [...events, ...resumed.events, ...proceed(resumed.node, ready, operation.index, { epoch }, surroundings)];
};

/** The timer of a wait. Void unless it is still this wait: it names the event that began it. */
export const timeOutWait = (
  data: { readonly operation: string; readonly revision: number },
  node: Node,
): NodeEvent[] => {
  const operation = openOperation(node, data.operation);
  if (node.action || operation?.waiting?.revision !== data.revision) return [];
  const seconds = Math.round((operation.waiting?.timeoutMs ?? 0) / 1000);
  return fail(node, operation, 'TimedOut', {
    code: 'operation.timed-out',
    title: 'No sign of life',
    detail: `Timeout reached while waiting for callback for node ${node.uuid}`,
    hint: `Nothing was heard for ${seconds} s in "${node.provisionState}". Look at the machine's console, and at how it reaches this service.`,
  });
};

/** The operation cannot go on for a reason outside its steps. */
export const failOperation = (
  data: { readonly operation: string; readonly problem: ProblemDetails },
  node: Node,
): NodeEvent[] => {
  const operation = openOperation(node, data.operation);
  if (!operation || !move(node.provisionState, 'fail')) return [];
  return fail(node, operation, 'Failed', data.problem);
};

const openOperation = (node: Node, id: string): Operation | undefined =>
  node.present && node.operation?.id === id ? node.operation : undefined;

/**
 * The operation, if the report answers the intent or the wait that is open in it. A wait goes on while somebody changes
 * the hardware: one thing at a time.
 */
const answered = (node: Node, intent: Intent): Operation | undefined => {
  const operation = openOperation(node, intent.operation);
  if (!operation || operation.index !== intent.index || node.action) return undefined;
  const { running, waiting } = operation;
  const answersRunning = running?.attempt === intent.attempt && running.epoch === intent.epoch;
  return answersRunning || (waiting && node.claim?.epoch === intent.epoch) ? operation : undefined;
};

/** The ramdisk that an operation left behind is gone. Void if it is another one by now. */
export const removeRamdisk = (
  data: { readonly operation: string; readonly powerState?: string; readonly left?: string },
  node: Node,
): NodeEvent[] =>
  node.present && node.ramdisk?.operation === data.operation && node.operation?.id !== data.operation
    ? [nodeEvent('RamdiskRemoved', data)]
    : [];
