import { describe, expect, it } from '@jest/globals';
import { aNode, given } from '#testing';

const problem = { code: 'hardware.failed' as const, title: 'no', detail: 'the BMC says no' };

describe('a change of the power', () => {
  it('is asked for, begun under a claim, done, and recorded', () => {
    const node = aNode().manageable();
    given(node).when('ChangePower', { target: 'power on' }).then('PowerChangeRequested');
    expect(node.node).toMatchObject({ reservation: 'conductor-1', power: { target: 'power on', state: null } });
    node.begin();
    const action = node.node.action!;
    given(node)
      .when('CompleteAction', { action: action.id, ...action.running!, outcome: { powerState: 'power on' } })
      .then('PowerChangeCompleted');
    expect(node.node).toMatchObject({ reservation: null, action: null, power: { target: null, state: 'power on' } });
  });

  it('leaves the power as it was when it fails', () => {
    const node = aNode().manageable();
    node.send('ChangePower', { target: 'power off' });
    node.begin();
    const action = node.node.action!;
    given(node)
      .when('FailAction', { action: action.id, ...action.running!, problem })
      .then('PowerChangeFailed');
    expect(node.node).toMatchObject({
      power: { target: null, state: null },
      lastError: 'the BMC says no',
      reservation: null,
    });
  });

  it('is not begun after its deadline, and says so', () => {
    let now = '2026-01-01T00:00:00.000Z';
    const node = aNode({
      surroundings: {
        get now() {
          return now;
        },
      },
    }).manageable();
    Object.defineProperty(node, 'surroundings', {
      get: () => ({ ...aNode().surroundings, now, commandId: `c${node.events.length}` }),
    });
    node.send('ChangePower', { target: 'power on' });
    now = '2026-01-01T01:00:00.000Z';
    given(node)
      .when('BeginAction', { conductor: 'conductor-1', action: node.node.action!.id })
      .then('PowerChangeExpired');
    expect(node.node.lastError).toContain('not begun before its deadline');
  });

  it('voids a report of an attempt that is over', () => {
    const node = aNode().manageable();
    node.send('ChangePower', { target: 'power on' });
    node.begin();
    const { id, running } = node.node.action!;
    given(node)
      .when('BeginAction', { conductor: 'conductor-2', action: id, again: true })
      .then('NodeClaimed', 'PowerChangeStarted');
    given(node)
      .when('CompleteAction', { action: id, ...running!, outcome: {} })
      .thenNothingHappens();
  });

  it.each([
    ['a target that nobody knows', 'warp', 'request.invalid'],
    ['anything while cleaning', 'power on', 'node.wrong-state'],
  ] as const)('refuses %s', (_, target, code) => {
    const node = aNode().manageable();
    if (code === 'node.wrong-state') node.send('ProvideNode', {});
    given(node).when('ChangePower', { target }).thenProblem(code);
  });

  it('refuses to power off a node that must not be', () =>
    given(aNode().manageable({ disable_power_off: true }))
      .when('ChangePower', { target: 'soft power off' })
      .thenProblem('node.power-refused'));

  it('takes the agent along when the machine goes off', () => {
    const node = aNode().manageable({ driver_info: { fast_track: true } });
    node.send('IssueAgentToken', { token: { $sealed: 'k.x' }, boot: 'b1', address: '10.0.0.1' });
    expect(node.node.agent).not.toBeNull();
    node.send('ChangePower', { target: 'power off' });
    node.begin();
    const action = node.node.action!;
    node.send('CompleteAction', { action: action.id, ...action.running!, outcome: { powerState: 'power off' } });
    expect(node.node.agent).toBeNull();
  });
});

describe('an observation of the power', () => {
  it('is recorded when it is news', () => {
    const node = aNode().manageable();
    given(node)
      .when('ObservePower', { revision: node.node.revision, powerState: 'power on' })
      .then('PowerStateObserved');
    given(node).when('ObservePower', { revision: node.node.revision, powerState: 'power on' }).thenNothingHappens();
  });

  it('is void when power or an operation changed since it began', () => {
    const node = aNode().manageable();
    const { revision } = node.node;
    node.send('ChangePower', { target: 'power on' });
    node.run();
    given(node).when('ObservePower', { revision, powerState: 'power off' }).thenNothingHappens();
  });

  it('puts a machine in maintenance that cannot be read, and out again when it can', () => {
    const node = aNode().manageable();
    given(node)
      .when('ReportPowerFault', { revision: node.node.revision, powerState: null, problem })
      .then('MaintenanceSet');
    expect(node.node).toMatchObject({ fault: 'power failure', lastError: 'the BMC says no' });
    given(node)
      .when('RecoverPower', { revision: node.node.revision, powerState: 'power on' })
      .then('PowerStateObserved', 'MaintenanceCleared');
    expect(node.node).toMatchObject({ fault: null, maintenance: null });
  });
});

describe('boot settings', () => {
  it('refuse a device that the driver does not have', () =>
    given(aNode().manageable())
      .when('SetBootDevice', { device: 'floppy', persistent: false })
      .thenProblem('request.invalid', 'floppy'));

  it('refuse another boot mode in the middle of a transition', () => {
    const node = aNode().manageable();
    node.send('ProvideNode', {});
    given(node).when('SetBootMode', { mode: 'uefi' }).thenProblem('node.busy');
  });

  it('are remembered once they are done', () => {
    const node = aNode().manageable();
    node.send('SetBootDevice', { device: 'disk', persistent: true });
    node.run();
    expect(node.node.boot).toMatchObject({ device: 'disk', persistent: true });
  });
});

describe('a vendor’s method', () => {
  it('is done as an action', () => {
    given(aNode().manageable())
      .when('CallVendorPassthru', { method: 'ping', httpMethod: 'POST', args: {} })
      .then('VendorPassthruRequested');
  });
  it('is refused when nobody has it', () =>
    given(aNode().manageable())
      .when('CallVendorPassthru', { method: 'constructor', httpMethod: 'POST', args: {} })
      .thenProblem('request.invalid', 'No handler'));
  it('is refused by another HTTP method', () =>
    given(aNode().manageable())
      .when('CallVendorPassthru', { method: 'ping', httpMethod: 'PUT', args: {} })
      .thenProblem('request.invalid', 'Supported: POST'));
});
