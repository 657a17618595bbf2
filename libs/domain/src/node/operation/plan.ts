import type { DriverManifest, ImplementationManifest, StepManifest } from '../../ports/driver-catalog.js';
import { Problem } from '../../problem.js';
import type { OperationFamily, StepKind } from '../families.js';
import type { Bag, InterfaceType, Node, PlannedStep } from '../node.js';
import { interfaceOf } from '../node.js';
import { invalid } from '../refusals.js';
import { expected, mayBeAgents } from './agent-steps.js';

/** A step as clients ask for it. */
export interface StepRequest {
  readonly interface?: string;
  readonly step: string;
  readonly args?: Bag;
  readonly priority?: number;
}

/** Steps that the conductor itself does, on any interface (Ironic, state machine). */
export const reservedSteps: Readonly<Record<string, StepManifest>> = {
  hold: { step: 'hold', priority: 0, effect: 'idempotent', abortable: true, requiresRamdisk: false },
  wait: { step: 'wait', priority: 0, effect: 'idempotent', abortable: true, requiresRamdisk: false },
  power_on: { step: 'power_on', priority: 0, effect: 'observed', requiresRamdisk: false },
  power_off: { step: 'power_off', priority: 0, effect: 'observed', requiresRamdisk: false },
  reboot: { step: 'reboot', priority: 0, effect: 'idempotent', requiresRamdisk: false },
};

/** Where steps of one priority stand: the first goes first (Ironic, hardware types). */
const rank: Readonly<Record<StepKind, readonly string[]>> = {
  clean: ['vendor', 'power', 'management', 'firmware', 'deploy', 'bios', 'raid'],
  deploy: ['vendor', 'power', 'management', 'firmware', 'deploy', 'bios', 'raid'],
  service: ['vendor', 'power', 'management', 'firmware', 'deploy', 'bios', 'raid'],
  verify: [
    'power',
    'management',
    'firmware',
    'inspect',
    'deploy',
    'boot',
    'bios',
    'raid',
    'vendor',
    'network',
    'storage',
    'console',
    'rescue',
  ],
};

/** The implementation of the interface that the node has, as its driver's manifest describes it. */
export const implementationOf = (
  node: Node,
  driver: DriverManifest,
  type: InterfaceType,
): ImplementationManifest | undefined => driver.interfaces[type].find(({ name }) => name === interfaceOf(node, type));

export const planned = (type: string, implementation: string, step: StepManifest, args?: Bag): PlannedStep => ({
  interface: type,
  step: step.step,
  implementation,
  ...(args && { args }),
  priority: step.priority,
  effect: step.effect,
  ...((step.destructive ?? step.effect === 'once') && { destructive: true }),
  abortable: step.abortable ?? false,
  requiresRamdisk: step.requiresRamdisk ?? true,
  ...(step.inBand && { inBand: true }),
  ...(step.agent && { agent: step.agent }),
});

/** All steps of a kind that the node's driver has, unordered. */
export const offeredSteps = (node: Node, driver: DriverManifest, kind: StepKind): PlannedStep[] =>
  (Object.keys(driver.interfaces) as InterfaceType[]).flatMap(type => {
    const implementation = implementationOf(node, driver, type);
    return (implementation?.steps[kind] ?? []).map(step => planned(type, implementation?.name ?? '', step));
  });

/** What runs without anybody naming steps: those with a priority, the highest first. */
export const automaticSteps = (node: Node, driver: DriverManifest, kind: StepKind): PlannedStep[] =>
  byPriority(
    offeredSteps(node, driver, kind).filter(step => (step.priority ?? 0) > 0),
    kind,
  );

export const byPriority = (steps: PlannedStep[], kind: StepKind): PlannedStep[] =>
  steps.sort(
    (a, b) =>
      (b.priority ?? 0) - (a.priority ?? 0) || rank[kind].indexOf(a.interface) - rank[kind].indexOf(b.interface),
  );

/** Steps in the order the client gave them (cleaning by hand, service). */
export const requestedSteps = (node: Node, driver: DriverManifest, kind: StepKind, requests: readonly StepRequest[]) =>
  requests.map(request => resolve(node, driver, kind, request));

/** Driver's steps and the client's, merged by priority: the client's win, and priority 0 takes a step away. */
export const deploySteps = (node: Node, driver: DriverManifest, requests: readonly StepRequest[]): PlannedStep[] => {
  const steps = new Map(automaticSteps(node, driver, 'deploy').map(step => [`${step.interface}.${step.step}`, step]));
  for (const request of requests) {
    const priority = Number(request.priority ?? 0);
    const step = resolve(node, driver, 'deploy', request);
    const key = keyOf(step);
    if (key === 'deploy.deploy' && priority > 0)
      throw invalid('Cannot set a priority for the core deploy step "deploy" of interface "deploy".');
    // Steps of the conductor may be asked for more than once: a hold here, another there.
    const isReserved = request.step in reservedSteps;
    if (priority > 0) steps.set(isReserved ? `${key}.${priority}` : key, { ...step, priority });
    else steps.delete(key);
  }
  return byPriority([...steps.values()], 'deploy');
};

/** Names a step among those of a machine. */
export const keyOf = ({ interface: type, step }: Pick<PlannedStep, 'interface' | 'step'>): string => `${type}.${step}`;

/**
 * What families without step lists consist of: the first step the driver must have, as its interface says; the others
 * come after it where it has them.
 */
const coreSteps: Readonly<Partial<Record<OperationFamily, readonly [InterfaceType, string, ...string[]]>>> = {
  Verification: ['power', 'get_power_state'],
  Inspection: ['inspect', 'inspect_hardware', 'finish_inspection'],
  Teardown: ['deploy', 'tear_down'],
  Adoption: ['deploy', 'take_over'],
  Rescue: ['rescue', 'rescue', 'finish_rescue'],
  Unrescue: ['rescue', 'unrescue'],
};

/** @throws Problem hardware.unsupported when the node's interface lacks the ability */
export const coreStepsOf = (node: Node, driver: DriverManifest, family: OperationFamily): PlannedStep[] => {
  const [type, first, ...others] = coreSteps[family]!;
  const step = coreStep(node, driver, type, first);
  if (!step) throw unsupported(node, type, first);
  return [step, ...others.flatMap(name => coreStep(node, driver, type, name) ?? [])];
};

/** A step that no client names and that has its place in the plans of operations. */
export const coreStep = (
  node: Node,
  driver: DriverManifest,
  type: InterfaceType,
  name: string,
): PlannedStep | undefined => {
  const implementation = implementationOf(node, driver, type);
  const step = implementation?.steps.core?.find(({ step }) => step === name);
  return implementation && step && planned(type, implementation.name, step);
};

export const unsupported = (node: Node, type: string, ability: string): Problem =>
  new Problem({
    code: 'hardware.unsupported',
    title: 'The driver cannot do this',
    detail: `Driver ${node.attributes.driver} does not support ${ability} (disabled or not implemented).`,
    hint: `The node's ${type} interface is "${interfaceOf(node, type as InterfaceType)}"; another one may support it.`,
  });

/** @throws Problem step.unknown · request.invalid */
const resolve = (node: Node, driver: DriverManifest, kind: StepKind, request: StepRequest): PlannedStep => {
  const reserved = reservedSteps[request.step];
  if (reserved && Object.hasOwn(reservedSteps, request.step))
    return planned(request.interface ?? '', '', reserved, request.args);
  const type = request.interface as InterfaceType;
  const implementation = Object.hasOwn(driver.interfaces, type) ? implementationOf(node, driver, type) : undefined;
  const step = implementation?.steps[kind]?.find(({ step }) => step === request.step);
  if (implementation && !step && mayBeAgents(node, driver, type)) return expected(request, implementation.name);
  if (!implementation || !step) throw unknownStep(node, kind, request);
  checkArguments(kind, step, request);
  return planned(type, implementation.name, step, request.args);
};

export const unknownStep = (node: Node, kind: StepKind, request: StepRequest): Problem =>
  new Problem({
    code: 'step.unknown',
    title: `The node has no such ${kind} step`,
    detail:
      `Cannot ${kind} node ${node.uuid}: node does not support this ${kind} step: ` +
      `{'interface': '${request.interface}', 'step': '${request.step}'}`,
    hint: `Its interfaces decide which steps it has; "${request.interface}" is "${interfaceOf(node, request.interface as InterfaceType)}".`,
  });

/** @throws Problem request.invalid */
export const checkArguments = (
  kind: StepKind,
  step: Pick<StepManifest, 'step' | 'args'>,
  { args = {}, interface: type }: Pick<StepRequest, 'args' | 'interface'>,
): void => {
  const known = step.args ?? {};
  const unknown = Object.keys(args).filter(name => !Object.hasOwn(known, name));
  const absent = Object.keys(known).filter(name => known[name]!.required && !Object.hasOwn(args, name));
  const named = `${kind} step "${step.step}" on interface "${type}"`;
  if (unknown.length > 0) throw invalid(`${named} has these unknown arguments: ${unknown.join(', ')}`);
  if (absent.length > 0) throw invalid(`${named} is missing these required arguments: ${absent.join(', ')}`);
};
