import type { OperationFamily, ProblemDetails, RecordedEvent } from '#domain';
import { msOf, partsOf } from '#domain';
import type { ActionRun } from './actions.js';
import { actionsIn } from './actions.js';
import { actorOf, summaryOf } from './event-words.js';

/** One run of steps, from its start to its end or to now. */
export interface Run {
  readonly operation: string;
  readonly family: OperationFamily;
  /** Provision states that the run went through, in order. */
  readonly states: string[];
  readonly started: string;
  ended: string | null;
  seconds: number | null;
  outcome: 'under way' | 'waiting' | 'held' | 'finished' | 'failed' | 'aborted' | 'timed out' | 'superseded';
  readonly by: string;
  readonly steps: StepRun[];
}

export interface StepRun {
  readonly interface: string;
  readonly step: string;
  readonly started: string;
  seconds: number | null;
  attempts: number;
  outcome: 'under way' | 'waiting' | 'done' | 'failed' | 'unknown';
  problem?: ProblemDetails;
}

export interface Timeline extends Subject {
  readonly events: readonly TimelineEntry[];
  readonly runs: readonly Run[];
  readonly actions: readonly ActionRun[];
}

interface Subject {
  readonly node: string;
  readonly name: string | null;
  readonly provision_state: string;
}

export interface TimelineEntry {
  readonly revision: number;
  readonly time: string;
  readonly type: string;
  readonly summary: string;
  readonly by: string;
  readonly provision_state?: string;
}

interface Data {
  readonly operation?: string;
  readonly interface?: string;
  readonly step?: string;
  readonly attempt?: number;
  readonly provisionState?: string;
  readonly problem?: ProblemDetails;
}

/** What happened to a node, for people: each event in a line, the runs of steps, and single changes of the hardware. */
export const timelineOf = (subject: Subject, events: readonly RecordedEvent[]): Timeline => {
  const runs: Run[] = [];
  for (const event of events) follow(runs, event);
  return { ...subject, events: events.map(entry), runs, actions: actionsIn(events) };
};

const entry = (event: RecordedEvent): TimelineEntry => {
  const { provisionState } = event.data as Data;
  return {
    revision: event.revision,
    time: event.recorded,
    type: event.type,
    summary: summaryOf(event),
    by: actorOf(event),
    ...(provisionState && { provision_state: provisionState }),
  };
};

const seconds = (from: string, to: string): number => Math.max(0, (msOf(to) - msOf(from)) / 1000);

const follow = (runs: Run[], event: RecordedEvent): void => {
  const parts = partsOf(event.type);
  if (parts?.of !== 'operation') return;
  const data = event.data as Data;
  const open = runs.findLast(run => run.operation === data.operation && run.ended === null);
  if (parts.fact === 'Started') {
    const before = runs.findLast(run => run.ended === null);
    if (before) end(before, event.recorded, 'superseded');
    const operation = data.operation!;
    runs.push({
      operation,
      family: parts.family,
      states: data.provisionState ? [data.provisionState] : [],
      started: event.recorded,
      ended: null,
      seconds: null,
      outcome: 'under way',
      by: actorOf(event),
      steps: [],
    });
    return;
  }
  if (!open) return;
  if (data.provisionState && data.provisionState !== open.states.at(-1)) open.states.push(data.provisionState);
  const step = open.steps.findLast(one => one.outcome === 'under way' || one.outcome === 'waiting');
  switch (parts.fact) {
    case 'StepStarted':
      if (step && (data.attempt ?? 1) > 1) step.attempts = data.attempt!;
      else
        open.steps.push({
          interface: data.interface!,
          step: data.step!,
          started: event.recorded,
          seconds: null,
          attempts: 1,
          outcome: 'under way',
        });
      break;
    case 'StepCompleted':
      if (step) endStep(step, event.recorded, 'done');
      break;
    case 'Waiting':
      if (step) step.outcome = 'waiting';
      open.outcome = 'waiting';
      break;
    case 'Held':
      open.outcome = 'held';
      break;
    case 'Resumed':
    case 'Released':
      open.outcome = 'under way';
      break;
    case 'Finished':
      end(open, event.recorded, 'finished');
      break;
    default:
      if (data.problem && step)
        Object.assign(endStep(step, event.recorded, parts.fact === 'StepOutcomeUnknown' ? 'unknown' : 'failed'), {
          problem: data.problem,
        });
      if (data.provisionState)
        end(
          open,
          event.recorded,
          parts.fact === 'Aborted' ? 'aborted' : parts.fact === 'TimedOut' ? 'timed out' : 'failed',
        );
  }
};

const end = (run: Run, at: string, outcome: Run['outcome']): void => {
  run.ended = at;
  run.seconds = seconds(run.started, at);
  run.outcome = outcome;
};

const endStep = (step: StepRun, at: string, outcome: StepRun['outcome']): StepRun => {
  step.seconds = seconds(step.started, at);
  step.outcome = outcome;
  return step;
};
