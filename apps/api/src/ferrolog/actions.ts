import type { ActionFamily, ProblemDetails, RecordedEvent } from '#domain';
import { msOf, partsOf } from '#domain';
import { actorOf, summaryOf } from './event-words.js';

/** One change of the hardware, from when it was asked for to its end or to now. */
export interface ActionRun {
  readonly action: string;
  readonly family: ActionFamily;
  /** Such as `power off`. */
  readonly summary: string;
  readonly started: string;
  ended: string | null;
  seconds: number | null;
  outcome: 'under way' | 'done' | 'failed' | 'expired';
  problem?: ProblemDetails;
  readonly by: string;
}

const outcomes = { Completed: 'done', Failed: 'failed', Expired: 'expired' } as const;

/** The changes of the hardware among the events of a node, in order. */
export const actionsIn = (events: readonly RecordedEvent[]): ActionRun[] => {
  const actions = new Map<string, ActionRun>();
  for (const event of events) {
    const parts = partsOf(event.type);
    if (parts?.of !== 'action') continue;
    const { action, problem } = event.data as { action: string; problem?: ProblemDetails };
    if (parts.fact === 'Requested')
      actions.set(action, {
        action,
        family: parts.family,
        summary: summaryOf(event),
        started: event.recorded,
        ended: null,
        seconds: null,
        outcome: 'under way',
        by: actorOf(event),
      });
    const open = actions.get(action);
    if (!open || parts.fact === 'Requested' || parts.fact === 'Started') continue;
    open.ended = event.recorded;
    open.seconds = Math.max(0, (msOf(event.recorded) - msOf(open.started)) / 1000);
    open.outcome = outcomes[parts.fact];
    if (problem) open.problem = problem;
  }
  return [...actions.values()];
};
