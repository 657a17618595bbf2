import type { Action, Operation, ProblemCode, ProblemDetails } from '#domain';
import { EventTooLarge, InvalidAppend, Problem } from '#domain';
import { HardwareRefused, HardwareUnreachable } from '#drivers';
import { EventNotValid } from '#schemas';

/** What a failed step is recorded with. The cause is a driver's sentence; secrets are not in it. */
export const stepProblem = (operation: Operation, error: unknown): ProblemDetails => {
  const step = operation.steps[operation.index];
  const name = step ? (step.interface ? `${step.interface}.${step.step}` : step.step) : 'the next step';
  const noun = { Cleaning: 'Clean', Deployment: 'Deploy', Service: 'Service', Verification: 'Verify' }[
    operation.family as string
  ];
  const what = noun
    ? `${noun} step "${name}" failed`
    : `${sentenceOf[operation.family as 'Teardown'] ?? `${operation.family} failed`}`;
  return {
    code: codeOf(error) ?? 'step.failed',
    title: `Step ${name} failed`,
    detail: `${what}: ${reasonOf(error)}`,
    hint: hintOf(error),
  };
};

const sentenceOf = {
  Teardown: 'Failed to tear down',
  Inspection: 'Failed to inspect hardware',
  Adoption: 'Error while attempting to adopt node',
  Rescue: 'Failed to rescue',
  Unrescue: 'Failed to unrescue',
};

export const actionProblem = (action: Action, error: unknown): ProblemDetails => ({
  code: error instanceof Problem ? error.code : 'hardware.failed',
  title: `${action.method} failed`,
  detail:
    action.family === 'PowerChange'
      ? `Failed to change power state to '${String(action.args.target)}': ${reasonOf(error)}`
      : `Failed to ${action.method.replaceAll('_', ' ')}: ${reasonOf(error)}`,
  hint: hintOf(error),
});

export const outcomeUnknown = (operation: Operation): ProblemDetails => {
  const step = operation.steps[operation.index]!;
  return {
    code: 'step.outcome-unknown',
    title: 'Nobody knows whether the step was done',
    detail: `The conductor died while step "${step.interface}.${step.step}" ran, which must not run twice; the machine cannot tell whether it was done.`,
    hint: 'Look at the machine. Start the operation again if the step may run once more.',
  };
};

/** It was done, and what the driver tells of it can never be recorded: doing it again would bring the same. */
export class ReportRefused extends Error {}

/**
 * What is to be recorded in place of a report.
 *
 * @throws the error itself when it says nothing about the report
 */
export const reportRefused = (error: unknown): ReportRefused => {
  if (error instanceof EventTooLarge || error instanceof EventNotValid || error instanceof InvalidAppend)
    return new ReportRefused(`it was done, but what the driver tells of it cannot be recorded: ${error.message}`, {
      cause: error,
    });
  throw error;
};

const codeOf = (error: unknown): ProblemCode | undefined =>
  error instanceof Problem || error instanceof HardwareUnreachable || error instanceof HardwareRefused
    ? error.code
    : undefined;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What to do about a failure: a driver knows best. */
export const hintOf = (error: unknown): string => {
  if (error instanceof Problem) return error.details.hint ?? 'See the detail.';
  if (error instanceof HardwareUnreachable || error instanceof HardwareRefused) return error.hint;
  if (error instanceof ReportRefused)
    return 'Look at the machine: nothing is recorded of what was done to it. Report the driver.';
  return 'See the detail; the timeline shows what came before.';
};
