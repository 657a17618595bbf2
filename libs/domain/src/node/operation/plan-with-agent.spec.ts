import { describe, expect, it } from '@jest/globals';
import type { DriverCatalog, DriverManifest } from '../../ports/driver-catalog.js';
import type { SimulatedNode } from '#testing';
import { aCatalog, aNode, given, testDriver } from '#testing';

const core = (name: string, agent?: 'starts' | 'ends') => ({
  step: name,
  priority: 0,
  effect: 'idempotent' as const,
  abortable: true,
  requiresRamdisk: false,
  ...(agent && { agent }),
});

/** The test driver with a deploy interface that boots agents. */
const driver: DriverManifest = {
  ...testDriver,
  interfaces: {
    ...testDriver.interfaces,
    deploy: testDriver.interfaces.deploy.map(deploy => ({
      ...deploy,
      steps: {
        core: [
          core('tear_down', 'ends'),
          core('take_over'),
          core('prepare_cleaning', 'starts'),
          core('tear_down_cleaning', 'ends'),
          core('reboot_ramdisk', 'starts'),
        ],
        deploy: [
          { ...core('deploy', 'starts'), priority: 100 },
          { step: 'write_image', priority: 80, effect: 'once' as const },
        ],
      },
    })),
  },
};
const catalog: DriverCatalog = { ...aCatalog(), driver: () => driver };

const agentSteps = {
  steps: [
    { interface: 'deploy', step: 'erase_devices', priority: 10, abortable: true },
    { interface: 'deploy', step: 'erase_devices_metadata', priority: 99 },
    { interface: 'deploy', step: 'erase_devices_metadata', priority: 5 },
    {
      interface: 'deploy',
      step: 'burn_in',
      priority: 0,
      args: { hours: { description: 'How long.', required: true } },
    },
    { interface: 'raid', step: 'create_configuration', priority: 50 },
  ],
  hardwareManagers: { generic: '1' },
};

const manageable = (settings: object = {}) => aNode({ settings, surroundings: { catalog } }).manageable();
const stepsOf = (node: SimulatedNode) => node.node.operation!.steps.map(({ step }) => step);

/** The ramdisk has booted, and its agent is asked. */
const asked = (node: SimulatedNode): SimulatedNode => {
  node.begin();
  node.wait();
  node.send('IssueAgentToken', { token: { $sealed: 'k.x' }, boot: 'b1', address: null });
  node.send('ConnectAgent', { callbackUrl: 'https://h', version: '1', verifyCa: null, tokenMatches: true });
  return node;
};

describe('An automated cleaning by an agent', () => {
  const cleaning = (settings?: object) => {
    const node = manageable(settings);
    node.send('ProvideNode', {});
    return asked(node);
  };

  it('begins with the ramdisk and ends with it', () => {
    const node = manageable();
    node.send('ProvideNode', {});
    expect(stepsOf(node)).toEqual(['prepare_cleaning', 'tear_down_cleaning']);
  });

  it('takes the agent’s steps in by priority, each once, and records the plan', () => {
    const node = cleaning();
    given(node)
      .when('CompleteStep', { ...node.intent, result: { agentSteps } })
      .then('CleaningResumed', 'CleaningStepCompleted', 'CleaningPlanned', 'CleaningStepStarted');
    expect(stepsOf(node)).toEqual([
      'prepare_cleaning',
      'erase_devices_metadata',
      'erase_devices',
      'tear_down_cleaning',
    ]);
    expect(node.node.operation!.steps[1]).toMatchObject({ effect: 'once', destructive: true, inBand: true });
    expect(node.node.agent!.hardwareManagers).toEqual({ generic: '1' });
  });

  it('obeys the priorities of the configuration', () => {
    const agentStepPriorities = { 'deploy.erase_devices': 0, 'deploy.erase_devices_metadata': 1 };
    const node = cleaning({ agentStepPriorities });
    node.complete({ agentSteps });
    expect(stepsOf(node)).toEqual(['prepare_cleaning', 'erase_devices_metadata', 'tear_down_cleaning']);
  });

  it('begins anew from where it stands when the agent has become another one', () => {
    const node = cleaning();
    node.complete({ agentSteps });
    node.complete();
    node.wait();
    given(node)
      .when('PlanAnew', { ...node.intent, agentSteps: { ...agentSteps, hardwareManagers: { generic: '2' } } })
      .then('CleaningResumed', 'AgentStepsRead', 'CleaningPlanned', 'CleaningStepStarted');
    expect(stepsOf(node).slice(node.node.operation!.index)).toEqual([
      'erase_devices_metadata',
      'erase_devices',
      'tear_down_cleaning',
    ]);
    expect(node.node.agent!.hardwareManagers).toEqual({ generic: '2' });
  });

  it('leaves a ramdisk to remove when it fails, and none when it ends', () => {
    const node = cleaning();
    node.fail();
    expect(node.node).toMatchObject({
      provisionState: 'clean failed',
      ramdisk: { family: 'Cleaning', ended: 'failed' },
    });
    const { operation } = node.node.ramdisk!;
    given(node).when('RemoveRamdisk', { operation: 'another' }).thenNothingHappens();
    given(node).when('RemoveRamdisk', { operation, powerState: 'power off' }).then('RamdiskRemoved');
    expect(node.node).toMatchObject({ ramdisk: null, agent: null, power: { state: 'power off' } });
  });
});

describe('Cleaning by hand', () => {
  const clean = (steps: object[]) => {
    const node = manageable();
    node.send('CleanNode', { steps: steps as never });
    return node;
  };

  it('takes steps that only the agent can know, and checks them when it is asked', () => {
    const node = clean([{ interface: 'deploy', step: 'burn_in', args: { hours: 1 } }]);
    expect(stepsOf(node)).toEqual(['prepare_cleaning', 'burn_in', 'tear_down_cleaning']);
    asked(node).complete({ agentSteps });
    expect(node.node.operation!.steps[1]).toMatchObject({ step: 'burn_in', args: { hours: 1 }, inBand: true });
  });

  it.each([
    ['a step that it does not have', { step: 'nosuch' }, 'step.unknown'],
    ['arguments that are missing', { step: 'burn_in' }, 'request.invalid'],
  ])('fails for %s', (_, step, code) => {
    const node = asked(clean([{ interface: 'deploy', ...step }]));
    const events = node.send('CompleteStep', { ...node.intent, result: { agentSteps } });
    expect(events.at(-1)).toMatchObject({ type: 'CleaningFailed', data: { problem: { code } } });
  });
});

describe('A deployment by an agent', () => {
  it('does without what the client took away', () => {
    const node = manageable({ automatedClean: false });
    node.send('ProvideNode', {});
    node.send('DeployNode', { steps: [{ interface: 'deploy', step: 'erase_devices', priority: 0 }] });
    asked(node).complete({ agentSteps });
    expect(stepsOf(node)).toEqual(['deploy', 'erase_devices_metadata', 'write_image']);
  });

  it('gives the token of the ramdisk it boots, though an agent was there before', () => {
    const node = manageable({ automatedClean: false });
    node.send('ProvideNode', {});
    node.send('DeployNode', {});
    asked(node);
    expect(node.node.agent).not.toBeNull();
    const { operation, index } = node.intent;
    // The conductor died after the power cycle: the step boots once more.
    node.node = {
      ...node.node,
      operation: { ...node.node.operation!, waiting: null, running: { attempt: 1, epoch: 1 } },
    };
    node.send('BeginStep', { conductor: 'conductor-2', operation, index, again: true });
    expect(node.node.agent).toBeNull();
  });
});
