import type { OperationFamily, ProblemDetails, RecordedEvent } from '#domain';
import { msOf, partsOf } from '#domain';

/** One run of steps, from its start to its end or to now. */
export interface Run {
  readonly operation: string;
  readonly family: OperationFamily;
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
  readonly action?: string;
  readonly interface?: string;
  readonly step?: string;
  readonly method?: string;
  readonly attempt?: number;
  readonly provisionState?: string;
  readonly problem?: ProblemDetails;
  readonly conductor?: string;
  readonly reason?: string | null;
  readonly powerState?: string | null;
  readonly targetPowerState?: string;
}

/** What happened to a node, for people: each event in a line, and the runs with their steps and durations. */
export const timelineOf = (
  events: readonly RecordedEvent[],
): { readonly events: TimelineEntry[]; readonly runs: Run[] } => {
  const runs: Run[] = [];
  for (const event of events) follow(runs, event);
  return { events: events.map(entry), runs };
};

const entry = (event: RecordedEvent): TimelineEntry => {
  const data = event.data as Data;
  return {
    revision: event.revision,
    time: event.recorded,
    type: event.type,
    summary: summaryOf(event.type, data),
    by: actorOf(event),
    ...(data.provisionState && { provision_state: data.provisionState }),
  };
};

export const actorOf = ({ metadata }: RecordedEvent): string =>
  metadata.actorKind === metadata.actorId ? metadata.actorId : `${metadata.actorKind} ${metadata.actorId}`;

const summaryOf = (type: string, data: Data): string => {
  const step = data.step === undefined ? '' : `${data.interface ? `${data.interface}.` : ''}${data.step}`;
  if (data.problem) return step ? `${step}: ${data.problem.detail}` : data.problem.detail;
  if (step) return data.attempt && data.attempt > 1 ? `${step} (attempt ${data.attempt})` : step;
  if (data.targetPowerState) return data.targetPowerState;
  if (data.method) return data.method;
  if (type === 'NodeClaimed') return data.conductor ?? '';
  if (data.powerState) return data.powerState;
  return data.reason ?? data.provisionState ?? '';
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
