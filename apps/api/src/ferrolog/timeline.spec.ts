import { describe, expect, it } from '@jest/globals';
import type { EventMetadata, RecordedEvent } from '#domain';
import { summaryOf } from './event-words.js';
import { timelineOf } from './timeline.js';

const metadata: EventMetadata = {
  $correlationId: 'c',
  $causationId: 'c',
  commandId: 'c',
  actorKind: 'conductor',
  actorId: 'host-a',
  occurred: '2026-01-01T00:00:00.000Z',
  codeVersion: '0',
  readableBy: '1',
};

const history = (...events: [seconds: number, type: string, data: object][]): RecordedEvent[] =>
  events.map(([seconds, type, data], revision) => ({
    id: `event-${revision}`,
    type,
    data,
    metadata,
    stream: 'node-1',
    revision,
    position: revision + 1,
    recorded: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString(),
  }));

const subject = { node: '1', name: null, provision_state: 'active' };
const operation = 'run-1';
const step = { operation, interface: 'deploy', step: 'deploy', index: 0 };

describe('timelineOf', () => {
  it('puts steps and states into the run they belong to, with their durations', () => {
    const events = history(
      [0, 'DeploymentStarted', { operation, provisionState: 'deploying' }],
      [1, 'DeploymentStepStarted', step],
      [3, 'DeploymentWaiting', { operation, provisionState: 'wait call-back' }],
      [5, 'DeploymentResumed', { operation, provisionState: 'deploying' }],
      [8, 'DeploymentStepCompleted', step],
      [9, 'DeploymentFinished', { operation, provisionState: 'active' }],
    );
    expect(timelineOf(subject, events).runs).toMatchObject([
      {
        family: 'Deployment',
        outcome: 'finished',
        seconds: 9,
        states: ['deploying', 'wait call-back', 'deploying', 'active'],
        steps: [{ interface: 'deploy', step: 'deploy', seconds: 7, outcome: 'done' }],
      },
    ]);
  });

  it('ends a run with the problem of the step that failed', () => {
    const problem = { code: 'step.failed', title: 'A step failed', detail: 'No disk.' };
    const events = history(
      [0, 'DeploymentStarted', { operation, provisionState: 'deploying' }],
      [1, 'DeploymentStepStarted', step],
      [2, 'DeploymentStepFailed', { ...step, problem, provisionState: 'deploy failed' }],
    );
    const [run] = timelineOf(subject, events).runs;
    expect(run).toMatchObject({ outcome: 'failed', states: ['deploying', 'deploy failed'] });
    expect(run!.steps).toMatchObject([{ outcome: 'failed', problem }]);
  });

  it('tells single changes of the hardware from runs of steps', () => {
    const action = 'change-1';
    const problem = { code: 'hardware.failed', title: 'No', detail: 'The BMC says no.' };
    const events = history(
      [0, 'PowerChangeRequested', { action, method: 'set_power_state', targetPowerState: 'power off' }],
      [1, 'PowerChangeStarted', { action }],
      [3, 'PowerChangeFailed', { action, problem }],
    );
    expect(timelineOf(subject, events)).toMatchObject({
      runs: [],
      actions: [{ family: 'PowerChange', summary: 'power off', seconds: 3, outcome: 'failed', problem }],
    });
  });

  it('says what an event means in a few words', () => {
    const summaries = history(
      [0, 'DeploymentStepStarted', { ...step, attempt: 2 }],
      [0, 'DeploymentStepFailed', { ...step, problem: { detail: 'No disk.' } }],
      [0, 'PowerChangeRequested', { method: 'set_power_state', targetPowerState: 'power on' }],
      [0, 'FirmwareComponentsRead', {}],
    ).map(summaryOf);
    expect(summaries).toEqual(['deploy.deploy (attempt 2)', 'deploy.deploy: No disk.', 'power on', '']);
  });
});
