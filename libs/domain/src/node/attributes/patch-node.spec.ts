import { describe, expect, it } from '@jest/globals';
import type { PatchOperation } from '../../json-patch.js';
import { aNode, given, testDriver } from '#testing';

const patch = (...operations: PatchOperation[]) => ({ patch: operations });
const replace = (path: string, value: unknown): PatchOperation => ({ op: 'replace', path, value });
const add = (path: string, value: unknown): PatchOperation => ({ op: 'add', path, value });
const remove = (path: string): PatchOperation => ({ op: 'remove', path });

describe('PatchNode', () => {
  it('records the fields that changed, whole', () => {
    const node = aNode().enrolled({ extra: { a: 1 } });
    const [data] = given(node)
      .when('PatchNode', patch(add('/extra/b', 2), replace('/description', 'x')))
      .then('NodeAttributesChanged');
    expect(data).toEqual({ changes: { extra: { a: 1, b: 2 }, description: 'x' } });
  });

  it('records nothing when nothing changes', () =>
    given(aNode().enrolled({ name: 'one' }))
      .when('PatchNode', patch(replace('/name', 'one')))
      .thenNothingHappens());

  it.each([
    ['/name', null],
    ['/extra', {}],
    ['/retired', false],
    ['/automated_clean', null],
    ['/conductor_group', ''],
    ['/maintenance', false],
    ['/disable_power_off', false],
  ])('gives %s its default back when it is removed', (path, value) => {
    const node = aNode().enrolled({
      name: 'one',
      extra: { a: 1 },
      automated_clean: false,
      conductor_group: 'g',
      disable_power_off: true,
    });
    node.send('SetMaintenance', { reason: 'x' });
    node.send('PatchNode', patch(replace('/retired', true)));
    node.send('PatchNode', patch(remove(path)));
    const field = path.slice(1);
    const now = {
      ...node.node.attributes,
      retired: node.node.retirement !== null,
      maintenance: node.node.maintenance !== null,
    } as Record<string, unknown>;
    expect(now[field]).toEqual(value);
  });

  it('gives a removed interface its default back', () => {
    const node = aNode().enrolled({ network_interface: 'noop' });
    node.send('PatchNode', patch(remove('/network_interface')));
    expect(node.node.attributes.network_interface).toBe('flat');
  });

  it('makes facts of flags', () => {
    const node = aNode().active();
    given(node)
      .when('PatchNode', patch(replace('/protected', true), add('/protected_reason', 'payroll')))
      .then('NodeProtected');
    expect(node.node.protection).toEqual({ reason: 'payroll' });
    given(node)
      .when('PatchNode', patch(replace('/protected', false)))
      .then('NodeUnprotected');
    given(node)
      .when('PatchNode', patch(replace('/retired', true)))
      .then('NodeRetired');
    given(node)
      .when('PatchNode', patch(replace('/maintenance', true)))
      .then('MaintenanceSet');
    given(node)
      .when('PatchNode', patch(replace('/maintenance', false)))
      .then('MaintenanceCleared');
  });

  it('fills the name of the instance from its display name', () => {
    const node = aNode().enrolled();
    node.send('PatchNode', patch(add('/instance_info', { display_name: 'web-1' })));
    expect(node.node.attributes.instance_name).toBe('web-1');
  });

  it.each([
    ['a root field that is none', patch(add('/nosuch', 1)), 'request.invalid', 'nosuch'],
    ['the driver to be removed', patch(remove('/driver')), 'request.invalid', 'mandatory'],
    ['a missing member to be removed', patch(remove('/extra/nosuch')), 'request.invalid', 'no such place'],
    ['a missing member to be replaced', patch(replace('/extra/nosuch', 1)), 'request.invalid', 'no such place'],
    ['a path into a prototype', patch(add('/extra/__proto__', 1)), 'request.invalid', ''],
    ['a protected node that is not active', patch(replace('/protected', true)), 'node.not-updatable', 'active'],
    ['a reason without the flag', patch(replace('/retired_reason', 'old')), 'request.invalid', 'retired'],
    ['a driver that nobody has', patch(replace('/driver', 'nosuch')), 'node.driver-missing', 'nosuch'],
    [
      'reset_interfaces without a driver',
      { ...patch(replace('/name', 'x')), resetInterfaces: true },
      'request.invalid',
      'reset_interfaces',
    ],
  ] as const)('refuses %s', (_, command, code, detail) =>
    given(aNode().enrolled()).when('PatchNode', command).thenProblem(code, detail),
  );

  it('refuses changes while the node is on its way to another state', () => {
    const node = aNode().available();
    node.send('DeployNode', {});
    given(node)
      .when('PatchNode', patch(replace('/name', 'x')))
      .thenProblem('node.not-updatable', 'transition');
  });

  it('lets the instance be taken from a node in maintenance in any state', () => {
    const node = aNode().available();
    node.send('PatchNode', patch(add('/instance_uuid', '99999999-2222-4333-8444-555555555555')));
    node.send('SetMaintenance', { reason: null });
    node.send('PatchNode', patch(remove('/instance_uuid')));
    expect(node.node.attributes.instance_uuid).toBeNull();
  });

  it('refuses another instance on top of one', () => {
    const node = aNode().available();
    node.send('PatchNode', patch(add('/instance_uuid', '99999999-2222-4333-8444-555555555555')));
    given(node)
      .when('PatchNode', patch(replace('/instance_uuid', '88888888-2222-4333-8444-555555555555')))
      .thenProblem('node.associated');
  });

  it('refuses other interfaces and resource classes on an active node, unless in maintenance', () => {
    const node = aNode().active({ resource_class: 'a' });
    given(node)
      .when('PatchNode', patch(replace('/network_interface', 'noop')))
      .thenProblem('node.not-updatable');
    given(node)
      .when('PatchNode', patch(replace('/resource_class', 'b')))
      .thenProblem('node.not-updatable');
    node.send('SetMaintenance', { reason: null });
    given(node)
      .when('PatchNode', patch(replace('/network_interface', 'noop')))
      .then('NodeAttributesChanged');
  });

  it('refuses to retire an available node', () =>
    given(aNode().available())
      .when('PatchNode', patch(replace('/retired', true)))
      .thenProblem('node.not-updatable', 'available'));

  it('refuses a driver whose interfaces are others, and resets them when asked', () => {
    const other = {
      ...testDriver,
      hardwareType: 'other',
      interfaces: { ...testDriver.interfaces, bios: [{ ...testDriver.interfaces.bios[0]!, name: 'special' }] },
    };
    const catalog = {
      driver: (name: string) => (name === 'other' ? other : name === 'test-hardware' ? testDriver : undefined),
      isAway: () => false,
      refusal: () => undefined,
    };
    const node = aNode({ surroundings: { catalog } }).enrolled();
    given(node)
      .when('PatchNode', patch(replace('/driver', 'other')))
      .thenProblem('node.interface-unsupported', 'bios');
    node.send('PatchNode', { ...patch(replace('/driver', 'other')), resetInterfaces: true });
    expect(node.node.attributes).toMatchObject({ driver: 'other', bios_interface: 'special' });
  });
});

describe('DeleteNode', () => {
  it.each(['enroll', 'manageable', 'available'] as const)('takes a node in %s out of the records', state => {
    const node =
      state === 'enroll' ? aNode().enrolled() : state === 'manageable' ? aNode().manageable() : aNode().available();
    given(node).when('DeleteNode', {}).then('NodeDeleted');
    expect(node.node.present).toBe(false);
  });

  it('refuses an active node, unless it is in maintenance', () => {
    const node = aNode().active();
    given(node).when('DeleteNode', {}).thenProblem('node.not-deletable', '"active"');
    node.send('SetMaintenance', { reason: null });
    given(node).when('DeleteNode', {}).then('NodeDeleted');
  });

  it('refuses a node with an instance, and a protected one', () => {
    const node = aNode().available();
    node.send('PatchNode', patch(add('/instance_uuid', '99999999-2222-4333-8444-555555555555')));
    given(node).when('DeleteNode', {}).thenProblem('node.associated');
    const kept = aNode().active();
    kept.send('PatchNode', patch(replace('/protected', true)));
    kept.send('SetMaintenance', { reason: null });
    given(kept).when('DeleteNode', {}).thenProblem('node.protected');
  });

  it('keeps available nodes where the configuration says so', () =>
    given(aNode({ settings: { allowDeletingAvailableNodes: false } }).available())
      .when('DeleteNode', {})
      .thenProblem('node.not-deletable'));

  it('names the data keys that die with it', () => {
    const [data] = given(aNode().enrolled()).when('DeleteNode', {}).then('NodeDeleted');
    expect((data as { erases: string[] }).erases).toHaveLength(2);
  });
});
