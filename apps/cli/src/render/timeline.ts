import type { ActionRun, Run, StepRun, Timeline } from '#apps/api';
import type { Paint } from '../io.js';
import { duration } from './duration.js';
import { nodeTitle } from './node-title.js';
import { table } from './table.js';

/** Runs with their steps, states and durations, and single changes of the hardware, in order of time. */
export const renderRuns = (timeline: Timeline, paint: Paint): string => {
  const runs = timeline.runs.map(run => ({ started: run.started, rows: runRows(run, paint) }));
  const actions = timeline.actions.map(action => ({ started: action.started, rows: actionRows(action, paint) }));
  const rows = [...runs, ...actions].sort((a, b) => a.started.localeCompare(b.started)).flatMap(({ rows }) => rows);
  const body =
    rows.length === 0
      ? 'Nothing has been done with it yet.'
      : table(['started', 'run', 'took', 'outcome', 'by'], rows, paint);
  return `${nodeTitle(timeline, paint)}\n\n${body}`;
};

const actionRows = (action: ActionRun, paint: Paint): string[][] => [
  [action.started, paint.bold(action.family), took(action.seconds), outcome(action.outcome, paint), action.by],
  ['', `  ${action.summary}`, '', '', ''],
  ...(action.problem ? [['', `    ${action.problem.detail}`, '', '', '']] : []),
];

const runRows = (run: Run, paint: Paint): string[][] => [
  [run.started, paint.bold(run.family), took(run.seconds), outcome(run.outcome, paint), run.by],
  ['', `  ${run.states.join(' → ')}`, '', '', ''],
  ...run.steps.flatMap(step => stepRows(step, paint)),
];

const stepRows = (step: StepRun, paint: Paint): string[][] => {
  const attempts = step.attempts > 1 ? ` (attempt ${step.attempts})` : '';
  const name = `  ${step.interface ? `${step.interface}.` : ''}${step.step}${attempts}`;
  const row = [step.started, name, took(step.seconds), outcome(step.outcome, paint), ''];
  return step.problem ? [row, ['', `    ${step.problem.detail}`, '', '', '']] : [row];
};

const took = (seconds: number | null): string => (seconds === null ? '' : duration(seconds));

const outcome = (word: Run['outcome'] | StepRun['outcome'] | ActionRun['outcome'], paint: Paint): string => {
  if (word === 'finished' || word === 'done') return paint.green(word);
  return word === 'under way' || word === 'waiting' || word === 'held' ? paint.yellow(word) : paint.red(word);
};

/** Every event in a line. */
export const renderEntries = (timeline: Timeline, paint: Paint): string => {
  const rows = timeline.events.map(event => [
    `${event.revision}`,
    event.time,
    event.provision_state ?? '',
    event.type,
    event.by,
    event.summary === event.provision_state ? '' : event.summary,
  ]);
  const head = ['revision', 'time', 'state', 'event', 'by', 'summary'];
  return `${nodeTitle(timeline, paint)}\n\n${table(head, rows, paint)}`;
};
