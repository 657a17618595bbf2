import { Problem } from '../../problem.js';
import type { ProblemDetails } from '../../problem.js';
import type { ActionFactData, ActionFamily, NodeEvent } from '../families.js';
import { actionEvent, nodeEvent } from '../families.js';
import type { Action, Bag, InterfaceType, Node } from '../node.js';
import type { Claimant } from '../operation/report.js';
import { claim } from '../operation/report.js';
import { implementationOf, unsupported } from '../operation/plan.js';
import { requireDriver, requireOwner } from '../operation/start.js';
import { requirePresent, requireUnlocked } from '../refusals.js';
import { later } from '../../time.js';
import type { Surroundings } from '../surroundings.js';

interface Change {
  readonly type: InterfaceType;
  readonly method: string;
  readonly args: Bag;
  readonly effect: Action['effect'];
  readonly targetPowerState?: string;
}

/** Asks for one change of the hardware: the node is its conductor's until it is done, or past its deadline. */
export const requestAction = (
  node: Node,
  family: ActionFamily,
  { type, method, args, effect, targetPowerState }: Change,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  requireUnlocked(node);
  const implementation = implementationOf(node, requireDriver(node, surroundings), type);
  if (!implementation || implementation.missing) throw unsupported(node, type, method);
  const deadline = later(surroundings.now, surroundings.settings.actionDeadlineMs);
  return [
    actionEvent(family, 'Requested', {
      action: surroundings.commandId,
      conductor: requireOwner(node, surroundings),
      deadline,
      interface: type,
      implementation: implementation.name,
      method,
      args,
      effect,
      ...(targetPowerState && { targetPowerState }),
    }),
  ];
};

/** Refuses what the node's driver does not list under the question. */
export const requireSupported = (
  node: Node,
  type: InterfaceType,
  question: string,
  value: string,
  refusal: string,
  surroundings: Surroundings,
): void => {
  const supported = implementationOf(node, requireDriver(node, surroundings), type)?.supports[question];
  if (!supported) throw unsupported(node, type, question);
  if (!supported.includes(value))
    throw new Problem({
      code: 'request.invalid',
      title: 'The driver does not know this value',
      detail: refusal,
      hint: `Supported: ${supported.join(', ') || 'nothing'}.`,
    });
};

export interface ActionIntent {
  readonly action: string;
  readonly attempt: number;
  readonly epoch: number;
}

/** Takes an action up, or finds that it is too late for it: then nothing is done any more (design 10). */
export const beginAction = (
  data: Claimant & { readonly action: string; readonly again?: boolean },
  node: Node,
  { now }: Surroundings,
): NodeEvent[] => {
  const action = openAction(node, data.action);
  if (!action || (action.running !== null) !== (data.again ?? false)) return [];
  if (!action.running && now > action.deadline)
    return [actionEvent(action.family, 'Expired', { action: action.id, problem: tooLate(action) })];
  const { epoch, events } = claim(node, data);
  const attempt = (action.running?.attempt ?? 0) + 1;
  return [...events, actionEvent(action.family, 'Started', { action: action.id, attempt, epoch })];
};

const tooLate = (action: Action): ProblemDetails => ({
  code: 'action.expired',
  title: 'Too late',
  detail: `The change "${action.method}" was not begun before its deadline ${action.deadline} and was not done.`,
  hint: 'No conductor had time for the node. Ask for it again.',
});

export const completeAction = (
  data: ActionIntent & {
    readonly outcome: Omit<ActionFactData<'Completed'>, 'action'>;
    readonly virtualMedia?: readonly Bag[];
  },
  node: Node,
): NodeEvent[] => {
  const action = answered(node, data);
  if (!action) return [];
  const read = data.virtualMedia ? [nodeEvent('VirtualMediaRead', { devices: [...data.virtualMedia] })] : [];
  return [actionEvent(action.family, 'Completed', { action: action.id, ...data.outcome }), ...read];
};

export const failAction = (data: ActionIntent & { readonly problem: ProblemDetails }, node: Node): NodeEvent[] => {
  const action = answered(node, data);
  return action ? [actionEvent(action.family, 'Failed', { action: action.id, problem: data.problem })] : [];
};

const openAction = (node: Node, id: string): Action | undefined =>
  node.present && node.action?.id === id ? node.action : undefined;

const answered = (node: Node, { action: id, attempt, epoch }: ActionIntent): Action | undefined => {
  const action = openAction(node, id);
  return action?.running?.attempt === attempt && action.running.epoch === epoch ? action : undefined;
};
