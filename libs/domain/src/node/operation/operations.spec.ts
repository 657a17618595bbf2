import { describe, expect, it } from '@jest/globals';
import { aNode, given, type SimulatedNode } from '#testing';
import { workOf } from '../work.js';

const types = (node: SimulatedNode, from = 0) => node.events.slice(from).map(({ type }) => type);
const problem = { code: 'step.outcome-unknown' as const, title: 'lost', detail: 'nobody knows' };

describe('an operation', () => {
  it('is reserved from its start to its end, under one claim', () => {
    const node = aNode().manageable();
    const from = node.events.length;
    node.send('ProvideNode', {});
    expect(node.node).toMatchObject({
      provisionState: 'cleaning',
      reservation: 'conductor-1',
      operation: { mode: 'automated' },
    });
    node.run();
    expect(types(node, from)).toEqual([
      'CleaningStarted',
      'CleaningStepStarted',
      'CleaningStepCompleted',
      'CleaningFinished',
    ]);
    expect(node.node).toMatchObject({ provisionState: 'available', reservation: null, operation: null });
  });

  it('records a step done and the next intent in one decision', () => {
    const node = aNode().available();
    node.send('DeployNode', {});
    node.begin();
    expect(node.send('CompleteStep', { ...node.intent, result: {} }).map(({ type }) => type)).toEqual([
      'DeploymentStepCompleted',
      'DeploymentStepStarted',
    ]);
  });

  it('runs the steps of a deployment by priority, the client’s among them', () => {
    const node = aNode().available();
    node.send('DeployNode', { steps: [{ step: 'power_off', interface: 'power', priority: 90 }] });
    expect(node.node.operation!.steps.map(({ step }) => step)).toEqual(['deploy', 'power_off', 'write_image']);
  });

  it('takes a step away that the client gives priority 0', () => {
    const node = aNode().available();
    node.send('DeployNode', { steps: [{ step: 'write_image', interface: 'deploy', priority: 0 }] });
    expect(node.node.operation!.steps.map(({ step }) => step)).toEqual(['deploy']);
  });

  it('goes on under a new claim when another conductor takes it up', () => {
    const node = aNode().available();
    node.send('DeployNode', {});
    node.begin();
    const { operation, index } = node.intent;
    const [claimed, started] = given(node)
      .when('BeginStep', { conductor: 'conductor-2', operation, index, again: true })
      .then('NodeClaimed', 'DeploymentStepStarted');
    expect(claimed).toEqual({ conductor: 'conductor-2', epoch: 2 });
    expect(started).toMatchObject({ attempt: 2, epoch: 2 });
  });

  it('voids the report of a conductor whose claim is over', () => {
    const node = aNode().available();
    node.send('DeployNode', {});
    node.begin();
    const stale = node.intent;
    node.send('BeginStep', { conductor: 'conductor-2', operation: stale.operation, index: stale.index, again: true });
    given(node)
      .when('CompleteStep', { ...stale, result: {} })
      .thenNothingHappens();
    given(node)
      .when('FailStep', { ...stale, problem })
      .thenNothingHappens();
    given(node)
      .when('WaitInStep', { ...stale, expects: 'agent', timeoutMs: 1 })
      .thenNothingHappens();
  });

  it('does not run a step again that nothing is known about, and says so', () => {
    const node = aNode().manageable();
    node.send('ProvideNode', {});
    node.begin();
    given(node)
      .when('LoseStep', { ...node.intent, conductor: 'conductor-2', problem })
      .then('NodeClaimed', 'CleaningStepOutcomeUnknown', 'MaintenanceSet');
    expect(node.node).toMatchObject({
      provisionState: 'clean failed',
      fault: 'clean failure',
      lastError: 'nobody knows',
      operation: null,
    });
  });

  it('goes on with a step that a reading confirmed', () => {
    const node = aNode().manageable();
    node.send('ProvideNode', {});
    node.begin();
    given(node)
      .when('ConfirmStep', { ...node.intent, conductor: 'conductor-2' })
      .then('NodeClaimed', 'CleaningStepCompleted', 'CleaningFinished');
  });

  it('notes a verify step that fails, and lets the power decide', () => {
    const node = aNode().enrolled();
    node.send('ManageNode', {});
    node.begin();
    given(node)
      .when('FailStep', { ...node.intent, problem })
      .then('VerificationStepFailed', 'VerificationStepStarted');
    node.complete({ powerState: 'power on' });
    expect(node.node).toMatchObject({ provisionState: 'manageable', power: { state: 'power on' } });
  });

  it('goes back to enroll when the power cannot be read', () => {
    const node = aNode().enrolled();
    node.send('ManageNode', {});
    node.begin();
    node.complete();
    node.fail('no BMC there');
    expect(node.node).toMatchObject({
      provisionState: 'enroll',
      targetProvisionState: null,
      lastError: 'no BMC there',
    });
  });

  it('takes the instance away whether tear-down succeeds or not', () => {
    for (const succeeds of [true, false]) {
      const node = aNode().active({ instance_info: { image_source: 'x' }, instance_name: 'web' });
      node.send('UndeployNode', {});
      node.begin();
      if (succeeds) node.run();
      else node.fail();
      expect(node.node.attributes).toMatchObject({ instance_info: {}, instance_name: null, instance_uuid: null });
      expect(node.node.provisionState).toBe(succeeds ? 'available' : 'error');
    }
  });

  it('cleans after tear-down, and a retired node ends in manageable', () => {
    const node = aNode().active();
    node.send('PatchNode', { patch: [{ op: 'replace', path: '/retired', value: true }] });
    node.send('UndeployNode', {});
    node.run().run();
    expect(node.node.provisionState).toBe('manageable');
  });

  it('passes through cleaning without steps where none are wanted', () => {
    const node = aNode().manageable({ automated_clean: false });
    given(node).when('ProvideNode', {}).then('CleaningStarted', 'CleaningFinished');
    expect(node.node.provisionState).toBe('available');
  });

  it('fails a cleaning by hand whose step nobody knows, as Ironic does', () => {
    const node = aNode().manageable();
    given(node)
      .when('CleanNode', { steps: [{ interface: 'deploy', step: 'nosuch' }] })
      .then('CleaningStarted', 'CleaningFailed');
    expect(node.node).toMatchObject({
      provisionState: 'clean failed',
      targetProvisionState: 'manageable',
      maintenance: null,
    });
    expect(node.node.lastError).toContain(
      "node does not support this clean step: {'interface': 'deploy', 'step': 'nosuch'}",
    );
  });

  it('keeps a cleaning by hand on its way to manageable', () => {
    const node = aNode().manageable();
    node.send('CleanNode', { steps: [{ interface: 'deploy', step: 'check', args: { depth: 1 } }] });
    node.begin();
    node.wait();
    expect(node.node).toMatchObject({
      provisionState: 'clean wait',
      targetProvisionState: 'manageable',
      reservation: null,
    });
    node.complete();
    expect(node.node.provisionState).toBe('manageable');
  });

  it.each([
    ['an argument that is missing', { args: {} }, 'missing these required arguments: depth'],
    ['an argument that is unknown', { args: { depth: 1, width: 2 } }, 'unknown arguments: width'],
  ])('refuses a step with %s', (_, rest, detail) =>
    given(aNode().manageable())
      .when('CleanNode', { steps: [{ interface: 'deploy', step: 'check', ...rest }] })
      .thenProblem('request.invalid', detail),
  );
});

describe('a wait', () => {
  const waiting = () => {
    const node = aNode().available();
    node.send('DeployNode', {});
    node.begin();
    node.wait();
    return node;
  };

  it('gives the node free, with a timer', () => {
    const node = waiting();
    expect(node.node).toMatchObject({ provisionState: 'wait call-back', reservation: null });
    expect(workOf(node.node)).toMatchObject({ kind: 'wait', wait: { timeoutMs: 1_800_000, expects: 'agent' } });
  });

  it('is resumed and done in one decision', () => {
    const node = waiting();
    expect(node.send('CompleteStep', { ...node.intent, result: {} }).map(({ type }) => type)).toEqual([
      'DeploymentResumed',
      'DeploymentStepCompleted',
      'DeploymentStepStarted',
    ]);
  });

  it('ends in failure when nothing is heard', () => {
    const node = waiting();
    node.timeOut();
    expect(node.node).toMatchObject({
      provisionState: 'deploy failed',
      targetProvisionState: 'active',
      lastError: expect.stringContaining('Timeout reached'),
    });
  });

  it('voids a timer of an earlier wait', () => {
    const node = waiting();
    const { id, waiting: wait } = node.node.operation!;
    given(node)
      .when('TimeOutWait', { operation: id, revision: wait!.revision - 1 })
      .thenNothingHappens();
  });
});

describe('AbortOperation', () => {
  it('ends a wait whose step may be aborted', () => {
    const node = aNode().available();
    node.send('DeployNode', {});
    node.begin();
    node.wait();
    given(node).when('AbortOperation', {}).then('DeploymentAborted');
    expect(node.node.lastError).toBe(
      'By request, the deploy operation was aborted during or after the completion of step "deploy.deploy".',
    );
  });

  it('lets a step finish that may not be aborted, and aborts then', () => {
    const node = aNode().manageable();
    node.send('ProvideNode', {});
    node.begin();
    node.wait();
    given(node).when('AbortOperation', {}).then('CleaningAbortRequested');
    given(node).when('AbortOperation', {}).thenNothingHappens();
    node.complete();
    expect(node.node).toMatchObject({ provisionState: 'clean failed', maintenance: null });
  });

  it('says "aborted" of an inspection, which Metal3 looks for', () => {
    const node = aNode().manageable();
    node.send('InspectNode', {});
    node.begin();
    node.wait();
    node.send('AbortOperation', {});
    expect(node.node).toMatchObject({
      provisionState: 'inspect failed',
      lastError: 'Inspection was aborted by request.',
    });
  });

  it('gives a node in service back to its instance, by way of a failure', () => {
    const node = aNode().active();
    node.send('ServiceNode', { steps: [{ interface: 'deploy', step: 'check' }] });
    node.begin();
    node.wait();
    given(node).when('AbortOperation', {}).then('ServiceFailed', 'ServiceAborted');
    expect(node.node).toMatchObject({ provisionState: 'active', maintenance: null });
  });

  it('does not end a failed service in maintenance', () => {
    const node = aNode().active();
    node.send('ServiceNode', { steps: [{ interface: 'deploy', step: 'check' }] });
    node.begin();
    node.fail();
    expect(node.node).toMatchObject({ provisionState: 'service failed', fault: 'service failure' });
    given(node).when('AbortOperation', {}).thenProblem('node.busy');
    node.send('ClearMaintenance', {});
    given(node).when('AbortOperation', {}).then('ServiceAborted');
  });

  it('is refused where nothing waits', () =>
    given(aNode().active()).when('AbortOperation', {}).thenProblem('node.wrong-state', '"abort"'));
});

describe('a hold', () => {
  it('parks the node until it is released, and then goes on by itself where no agent runs', () => {
    const node = aNode().available();
    node.send('DeployNode', { steps: [{ interface: 'deploy', step: 'hold', priority: 90 }] });
    node.run();
    expect(node.node).toMatchObject({ provisionState: 'deploy hold', reservation: null });
    expect(workOf(node.node)).toBeUndefined();
    node.send('UnholdNode', {});
    expect(node.node.provisionState).toBe('wait call-back');
    node.run();
    expect(node.node.provisionState).toBe('active');
  });
});

describe('what is refused', () => {
  it('in maintenance: deployment, cleaning by hand, rescue, service', () => {
    const available = aNode().available();
    available.send('SetMaintenance', { reason: 'bad DIMM' });
    given(available).when('DeployNode', {}).thenProblem('node.in-maintenance', 'maintenance');
    const manageable = aNode().manageable();
    manageable.send('SetMaintenance', { reason: null });
    given(manageable)
      .when('CleanNode', { steps: [{ interface: 'deploy', step: 'erase_devices' }] })
      .thenProblem('node.in-maintenance');
    given(manageable).when('InspectNode', {}).then('InspectionStarted');
  });

  it('of a protected node: tear-down and rebuild', () => {
    const node = aNode().active();
    node.send('PatchNode', { patch: [{ op: 'replace', path: '/protected', value: true }] });
    given(node).when('UndeployNode', {}).thenProblem('node.protected');
    given(node).when('DeployNode', { rebuild: true }).thenProblem('node.protected');
  });

  it('of a retired node: to be provided', () => {
    const node = aNode().manageable();
    node.send('PatchNode', { patch: [{ op: 'replace', path: '/retired', value: true }] });
    given(node).when('ProvideNode', {}).thenProblem('node.retired', 'retired');
  });

  it('when the fleet is full', () => {
    const full = { underWay: () => ({ deploying: 250, cleaning: 50 }) };
    given(aNode({ surroundings: full }).available())
      .when('DeployNode', {})
      .thenProblem('conductor.limit', '250');
    given(aNode({ surroundings: full }).manageable())
      .when('CleanNode', { steps: [] })
      .thenProblem('conductor.limit', '50');
  });

  it('when nobody can drive the node', () =>
    given(aNode({ surroundings: { owner: () => undefined } }).enrolled())
      .when('ManageNode', {})
      .thenProblem('node.no-conductor'));

  it('when an interface is not valid, with its reason', () => {
    const catalog = {
      ...aNode().surroundings.catalog,
      refusal: (_: unknown, type: string) => (type === 'deploy' ? 'no image_source' : undefined),
    };
    given(aNode({ surroundings: { catalog } }).available())
      .when('DeployNode', {})
      .thenProblem('node.not-valid', 'no image_source');
  });

  it('when instance_info asks for traits that the node does not have', () =>
    given(aNode().available({ instance_info: { traits: ['CUSTOM_GPU'] } }))
      .when('DeployNode', {})
      .thenProblem('request.invalid', 'CUSTOM_GPU'));

  it.each([
    ['provide', 'ProvideNode', {}],
    ['adopt', 'AdoptNode', {}],
    ['unhold', 'UnholdNode', {}],
    ['rebuild', 'DeployNode', { rebuild: true }],
  ] as const)('an illegal verb, as Ironic says it: %s', (verb, type, data) =>
    given(aNode().available())
      .when(type, data as never)
      .thenProblem('node.wrong-state', `The requested action "${verb}" can not be performed on node`),
  );
});
