import { describe, expect, it } from '@jest/globals';
import type { EventJson, Explanation, Rehearsal, Timeline } from '#apps/api';
import { noPaint } from '../io.js';
import { changesBetween, renderChanges } from './diff.js';
import { duration } from './duration.js';
import { eventLine } from './event-line.js';
import { renderFindings } from './findings.js';
import { renderRehearsal, renderTargets } from './plan.js';
import { renderEntries, renderRuns } from './timeline.js';
import { renderWhy } from './why.js';

/** Columns are as wide as they need: one blank stands for any number of them. */
const lines = (text: string): string[] => text.split('\n').map(line => line.trim().replace(/ {2,}/g, ' '));

const time = (second: number) => `2026-01-01T12:00:0${second}.000Z`;
const subject = { node: 'uuid-1', name: 'bm-01', provision_state: 'deploy failed' };
const problem = { code: 'step.failed', title: 'A step failed', detail: 'No disk.', hint: 'Mend it.' } as const;

const timeline: Timeline = {
  ...subject,
  events: [
    { revision: 0, time: time(0), type: 'NodeEnrolled', summary: 'enroll', by: 'ann', provision_state: 'enroll' },
    { revision: 1, time: time(1), type: 'DeploymentStepFailed', summary: 'deploy.deploy: No disk.', by: 'conductor one' },
  ],
  runs: [
    {
      operation: 'o', family: 'Deployment', states: ['deploying', 'deploy failed'], started: time(1), ended: time(4),
      seconds: 3, outcome: 'failed', by: 'ann',
      steps: [
        { interface: 'deploy', step: 'deploy', started: time(2), seconds: 0.25, attempts: 2, outcome: 'failed', problem },
      ],
    },
  ],
  actions: [
    {
      action: 'a', family: 'PowerChange', summary: 'power on', started: time(0), ended: null, seconds: null,
      outcome: 'under way', by: 'ann',
    },
  ],
}; // prettier-ignore

describe('timeline', () => {
  it('shows runs and changes in order of time, with steps, states and durations', () => {
    expect(lines(renderRuns(timeline, noPaint))).toEqual([
      'Node bm-01 (uuid-1) is "deploy failed".',
      '',
      'STARTED RUN TOOK OUTCOME BY',
      `${time(0)} PowerChange under way ann`,
      'power on',
      `${time(1)} Deployment 3.0 s failed ann`,
      'deploying → deploy failed',
      `${time(2)} deploy.deploy (attempt 2) 250 ms failed`,
      'No disk.',
    ]);
  });

  it('shows every event in a line', () => {
    expect(lines(renderEntries(timeline, noPaint)).slice(2)).toEqual([
      'REVISION TIME STATE EVENT BY SUMMARY',
      `0 ${time(0)} enroll NodeEnrolled ann`,
      `1 ${time(1)} DeploymentStepFailed conductor one deploy.deploy: No disk.`,
    ]);
  });

  it('says so when there is nothing', () => {
    expect(renderRuns({ ...timeline, runs: [], actions: [] }, noPaint)).toMatch(/Nothing has been done with it yet\.$/);
  });
});

describe('why', () => {
  const explanation: Explanation = {
    ...subject,
    maintenance: true,
    fault: 'clean failure',
    failure: { event: 'e', type: 'DeploymentStepFailed', time: time(4), revision: 9, problem },
    chain: [
      { event: 'e', type: 'DeploymentStepFailed', time: time(4), what: 'A step failed', by: 'conductor one' },
      { event: 'd', type: 'DeploymentStarted', time: time(1), what: 'DeploymentStarted', by: 'ann' },
    ],
    explanation: '',
    hint: problem.hint,
    resolved: false,
  };

  it('names the problem, what to do, and the chain up to who asked for it', () => {
    expect(lines(renderWhy(explanation, noPaint))).toEqual([
      'Node bm-01 (uuid-1) is "deploy failed".',
      'It is in maintenance for a clean failure.',
      '',
      `A step failed (DeploymentStepFailed at ${time(4)})`,
      'No disk.',
      'What to do: Mend it.',
      '',
      'How it came to it, the last first:',
      'TIME EVENT WHAT BY',
      `${time(4)} DeploymentStepFailed A step failed conductor one`,
      `${time(1)} DeploymentStarted ann`,
    ]);
  });

  it('says that nothing failed, or that it is over', () => {
    expect(renderWhy({ ...explanation, failure: null }, noPaint)).toMatch(/Nothing has failed on it\.$/);
    expect(renderWhy({ ...explanation, resolved: true }, noPaint)).toMatch(/The node has got over it since\./);
  });
});

describe('plan', () => {
  const state = { provisionState: 'manageable', attributes: { name: null }, reservation: null, maintenance: null };
  const targets = [
    { target: 'clean', provision_state: 'cleaning', target_provision_state: 'manageable', needs: ['clean_steps'] },
    { target: 'manage', provision_state: 'manageable', target_provision_state: null, needs: [] },
  ];

  it('lists what can be asked for and what it needs', () => {
    expect(lines(renderTargets({ uuid: 'uuid-1', targets, state }, noPaint))).toEqual([
      'Node uuid-1 is "manageable".',
      '',
      'TARGET AT ONCE IN THE END NEEDS',
      'clean cleaning manageable --clean-steps',
      'manage manageable manageable',
    ]);
  });

  it('says what stands in the way', () => {
    const busy = { ...state, reservation: 'one', maintenance: { reason: 'bad DIMM' } };
    const text = renderTargets({ uuid: 'uuid-1', targets: [], state: busy }, noPaint);
    expect(text).toMatch(/one is working on it.*\nIt is in maintenance \(bad DIMM\)\.\n\n.*nothing can be asked/);
  });

  it('marks what is destructive', () => {
    const plan: Rehearsal = {
      node: 'uuid-1',
      revision: 3,
      command: 'CleanNode',
      provision_state: { from: 'manageable', to: 'cleaning' },
      steps: [{ interface: 'deploy', step: 'erase_devices', priority: 0, effect: 'once', destructive: true }],
      follows: [{ interface: 'vendor', step: 'wipe', priority: 1, effect: 'idempotent', destructive: false }],
      destructive: true,
      events: [
        { type: 'CleaningStarted', data: { provisionState: 'cleaning', targetProvisionState: 'manageable' } as never },
      ],
    };
    expect(lines(renderRehearsal(plan, 'bm-01', 'clean', noPaint))).toEqual([
      '"clean" would take node bm-01 from "manageable" to "cleaning", on its way to "manageable". Nothing was changed.',
      'It is destructive: steps marked so cannot be taken back.',
      '',
      '# STEP PRIORITY IF INTERRUPTED DESTRUCTIVE',
      '1 deploy.erase_devices 0 never runs twice yes',
      '2 (afterwards) vendor.wipe 1 runs again no',
      '',
      'EVENT STATE',
      'CleaningStarted cleaning',
    ]);
  });
});

describe('diff', () => {
  it('compares field by field into bags, lists whole, and leaves addresses out', () => {
    const before = { name: 'a', links: [1], traits: ['x'], driver_info: { address: '1', port: 1 }, extra: {} };
    const after = {
      name: 'a',
      links: [2],
      traits: ['x', 'y'],
      driver_info: { address: '2', port: 1 },
      extra: { k: null },
    };
    expect(changesBetween(before, after)).toEqual([
      { field: 'driver_info.address', before: '1', after: '2' },
      { field: 'extra.k', before: undefined, after: null },
      { field: 'traits', before: ['x'], after: ['x', 'y'] },
    ]);
  });

  it('tells a text from a number where they look alike, and cuts what is long', () => {
    const changes = [
      { field: 'cpus', before: 32, after: '32' },
      { field: 'name', before: undefined, after: 'x'.repeat(100) },
    ];
    expect(lines(renderChanges(changes, 'at 3', 'now', noPaint))).toEqual([
      'FIELD AT 3 NOW',
      'cpus 32 "32"',
      `name ${'x'.repeat(59)}…`,
    ]);
  });
});

describe('small things', () => {
  it.each([
    [0, '0 ms'], [0.0154, '15 ms'], [0.9996, '1.0 s'], [1.5, '1.5 s'], [59.96, '1 min 0 s'], [125, '2 min 5 s'],
    [3599.6, '1 h 0 min'], [7260, '2 h 1 min'],
  ] as const)('%d s is %s', (seconds, text) => expect(duration(seconds)).toBe(text)); // prettier-ignore

  it('puts an event in a line, with a time that other commands take', () => {
    const event = { recorded: time(0), type: 'NodeClaimed', summary: 'one', data: {} } as EventJson;
    expect(lines(eventLine(event, 'bm-01', noPaint))).toEqual([`${time(0)} bm-01 NodeClaimed one`]);
  });

  it('puts what to do below a finding', () => {
    const findings = [
      { level: 'OK', check: 'server', detail: 'fine' },
      { level: 'FAIL', check: 'master key', detail: 'gone', advice: 'put it back' },
    ] as const;
    expect(renderFindings(findings, noPaint).split('\n')).toEqual([
      'OK    server      fine',
      'FAIL  master key  gone',
      '                  → put it back',
    ]);
  });
});
