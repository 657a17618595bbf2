import { createMachine, transition } from 'xstate';

/** Ironic's verbs and the machine's own events. */
// prettier-ignore
export type Verb =
  | 'abort' | 'adopt' | 'clean' | 'delete' | 'deploy' | 'done' | 'fail' | 'hold' | 'inspect' | 'manage' | 'provide'
  | 'rebuild' | 'rescue' | 'resume' | 'service' | 'unhold' | 'unrescue' | 'wait';

type Row = Partial<Record<Verb, string>>;
const stable = (on: Row) => ({ on, meta: { target: null } });
const towards = (target: string, on: Row) => ({ on, meta: { target } });

/**
 * Ironic's life cycle: 30 states, 93 transitions. Rows in the order of a machine's life; a state that is not stable
 * says towards which one it leads. No guards and no effects: `decide` judges, conductors act.
 */
// prettier-ignore
const rows = {
  'enroll':          stable({ manage: 'verifying' }),
  'verifying':       towards('manageable', { done: 'manageable', fail: 'enroll' }),
  'manageable':      stable({ adopt: 'adopting', clean: 'cleaning', inspect: 'inspecting', provide: 'cleaning' }),
  'inspecting':      towards('manageable', { done: 'manageable', fail: 'inspect failed', wait: 'inspect wait' }),
  'inspect wait':    towards('manageable', { abort: 'inspect failed', done: 'manageable', fail: 'inspect failed', resume: 'inspecting' }),
  'inspect failed':  towards('manageable', { inspect: 'inspecting', manage: 'manageable' }),
  'cleaning':        towards('available',  { done: 'available', fail: 'clean failed', hold: 'clean hold', manage: 'manageable', wait: 'clean wait' }),
  'clean wait':      towards('available',  { abort: 'clean failed', fail: 'clean failed', hold: 'clean hold', resume: 'cleaning' }),
  'clean hold':      towards('available',  { abort: 'clean failed', unhold: 'clean wait' }),
  'clean failed':    towards('available',  { manage: 'manageable' }),
  'available':       stable({ deploy: 'deploying', manage: 'manageable' }),
  'deploying':       towards('active',     { done: 'active', fail: 'deploy failed', hold: 'deploy hold', wait: 'wait call-back' }),
  'wait call-back':  towards('active',     { abort: 'deploy failed', delete: 'deleting', fail: 'deploy failed', hold: 'deploy hold', resume: 'deploying' }),
  'deploy hold':     towards('active',     { abort: 'deploy failed', unhold: 'wait call-back' }),
  'deploy failed':   towards('active',     { delete: 'deleting', deploy: 'deploying', rebuild: 'deploying' }),
  'active':          stable({ delete: 'deleting', rebuild: 'deploying', rescue: 'rescuing', service: 'servicing' }),
  'adopting':        towards('active',     { done: 'active', fail: 'adopt failed' }),
  'adopt failed':    towards('active',     { adopt: 'adopting', manage: 'manageable' }),
  'rescuing':        towards('rescue',     { done: 'rescue', fail: 'rescue failed', wait: 'rescue wait' }),
  'rescue wait':     towards('rescue',     { abort: 'rescue failed', delete: 'deleting', fail: 'rescue failed', resume: 'rescuing' }),
  'rescue':          stable({ delete: 'deleting', rescue: 'rescuing', unrescue: 'unrescuing' }),
  'rescue failed':   towards('rescue',     { delete: 'deleting', rescue: 'rescuing', unrescue: 'unrescuing' }),
  'unrescuing':      towards('active',     { done: 'active', fail: 'unrescue failed' }),
  'unrescue failed': towards('active',     { delete: 'deleting', rescue: 'rescuing', unrescue: 'unrescuing' }),
  'servicing':       towards('active',     { done: 'active', fail: 'service failed', hold: 'service hold', wait: 'service wait' }),
  'service wait':    towards('active',     { abort: 'service failed', delete: 'deleting', fail: 'service failed', hold: 'service hold', resume: 'servicing' }),
  'service hold':    towards('active',     { abort: 'service failed', fail: 'service failed', service: 'servicing', unhold: 'service wait' }),
  'service failed':  towards('active',     { abort: 'active', delete: 'deleting', hold: 'service hold', rescue: 'rescuing', service: 'servicing', wait: 'service wait' }),
  'deleting':        towards('available',  { clean: 'cleaning', fail: 'error' }),
  'error':           stable({ delete: 'deleting', rebuild: 'deploying' }),
};

export type ProvisionState = keyof typeof rows;

export const provisioning = createMachine({ id: 'provisioning', initial: 'enroll', states: rows });

export const provisionStates = Object.keys(rows) as ProvisionState[];
export const isProvisionState = (value: unknown): value is ProvisionState => Object.hasOwn(rows, value as string);

/** Where a transition leads, and what the node is then on its way to. */
export interface Move {
  readonly provisionState: ProvisionState;
  readonly targetProvisionState: ProvisionState | null;
}

// A machine without context always answers the same: asked once per state and verb, remembered.
const answers = new Map<string, Move | undefined>();

const ask = (state: ProvisionState, verb: Verb): Move | undefined => {
  const before = provisioning.resolveState({ value: state });
  if (!before.can({ type: verb })) return undefined;
  const [after] = transition(provisioning, before, { type: verb });
  const provisionState = after.value as ProvisionState;
  return { provisionState, targetProvisionState: rows[provisionState].meta.target as ProvisionState | null };
};

/** The transition, or undefined where the machine has none: XState itself would silently stay where it is. */
export const move = (state: ProvisionState, verb: Verb): Move | undefined => {
  const key = `${state}/${verb}`;
  if (!answers.has(key)) answers.set(key, ask(state, verb));
  return answers.get(key);
};

export const verbsOf = (state: ProvisionState): Verb[] => Object.keys(rows[state].on) as Verb[];
export const isStable = (state: ProvisionState): boolean => rows[state].meta.target === null;
