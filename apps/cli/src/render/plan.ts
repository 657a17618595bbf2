import type { ReachableTarget, Rehearsal } from '#apps/api';
import type { Paint } from '../io.js';
import { nodeTitle } from './node-title.js';
import { table } from './table.js';

export interface NodeNow {
  readonly uuid: string;
  readonly targets: readonly ReachableTarget[];
  readonly state: {
    readonly provisionState: string;
    readonly attributes: { readonly name: string | null };
    readonly reservation: string | null;
    readonly maintenance: { readonly reason: string | null } | null;
  };
}

/** What may be asked of the node now, and where each leads. */
export const renderTargets = (node: NodeNow, paint: Paint): string => {
  const { uuid, targets, state } = node;
  const title = nodeTitle({ node: uuid, name: state.attributes.name, provision_state: state.provisionState }, paint);
  const notes = [
    ...(state.reservation === null
      ? []
      : [`${state.reservation} is working on it: until it is done, nothing else is taken on.`]),
    ...(state.maintenance ? [`It is in maintenance (${state.maintenance.reason ?? 'no reason given'}).`] : []),
  ];
  const rows = targets.map(({ target, provision_state: next, target_provision_state: end, needs }) => [
    target,
    next,
    end ?? next,
    needs.map(flagFor).join(' '),
  ]);
  const body =
    rows.length === 0
      ? 'In this state it moves on by itself: nothing can be asked of it.'
      : table(['target', 'at once', 'in the end', 'needs'], rows, paint);
  return [title, ...notes, '', body].join('\n');
};

const flagFor = (member: string): string =>
  member === 'rescue_password' ? 'a rescue password' : `--${member.replaceAll('_', '-')}`;

/** What a target would do to the node. */
export const renderRehearsal = (plan: Rehearsal, ident: string, target: string, paint: Paint): string => {
  const { provision_state: state, events, destructive } = plan;
  const steps = [
    ...plan.steps.map(step => ({ ...step, after: '' })),
    ...plan.follows.map(step => ({ ...step, after: ' (afterwards)' })),
  ];
  const rows = steps.map((step, index) => [
    `${index + 1}${step.after}`,
    step.interface ? `${step.interface}.${step.step}` : step.step,
    `${step.priority}`,
    effects[step.effect] ?? step.effect,
    step.destructive ? paint.red('yes') : 'no',
  ]);
  const end = events.map(({ data }) => (data as { targetProvisionState?: string | null }).targetProvisionState).at(-1);
  const onItsWay = end ? `, on its way to "${end}"` : '';
  return [
    `"${target}" would take node ${paint.bold(ident)} from "${state.from}" to "${state.to}"${onItsWay}. Nothing was changed.`,
    destructive
      ? paint.red('It is destructive: steps marked so cannot be taken back.')
      : 'No step of it is marked as destructive.',
    '',
    rows.length === 0
      ? 'It has no steps.'
      : table(['#', 'step', 'priority', 'if interrupted', 'destructive'], rows, paint),
    '',
    table(
      ['event', 'state'],
      events.map(({ type, data }) => [type, stateIn(data)]),
      paint,
    ),
  ].join('\n');
};

const effects: Readonly<Record<string, string>> = {
  idempotent: 'runs again',
  observed: 'is read first, then runs if need be',
  once: 'never runs twice',
};

const stateIn = (data: object): string => (data as { provisionState?: string }).provisionState ?? '';
