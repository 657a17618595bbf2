import { describe, expect, it } from '@jest/globals';
import { aNode, given } from '#testing';
import { uniqueValues } from '../unique-values.js';

const one = { uuid: 'p1', address: '52:54:00:00:00:01', attributes: { pxe_enabled: false } };
const two = { uuid: 'p2', address: '52:54:00:00:00:02', attributes: {} };

describe('ports', () => {
  it('belong to their node, with Ironic’s defaults', () => {
    const node = aNode().enrolled();
    given(node).when('AttachPort', one).then('PortAttached');
    expect(node.node.ports.p1).toMatchObject({
      address: one.address,
      attributes: { pxe_enabled: false, is_smartnic: false, extra: {} },
      vif: null,
    });
    given(node).when('AttachPort', one).thenProblem('value.taken');
    given(node)
      .when('AttachPort', { ...two, address: one.address })
      .thenProblem('value.taken', 'MAC address');
    given(node).when('DetachPort', { uuid: 'p1' }).then('PortDetached');
    given(node).when('DetachPort', { uuid: 'p1' }).thenProblem('port.missing');
  });

  it('cannot be attached to a node that is not there: 400, not 404', () =>
    given(aNode()).when('AttachPort', one).thenProblem('request.invalid', 'could not be found'));

  it('keep their network while something is deployed', () => {
    const node = aNode().active();
    node.send('SetMaintenance', { reason: null });
    node.send('AttachPort', one);
    node.send('ClearMaintenance', {});
    given(node)
      .when('ChangePort', { uuid: 'p1', changes: { address: two.address } })
      .thenProblem('port.in-use');
    given(node)
      .when('ChangePort', { uuid: 'p1', changes: { pxe_enabled: true } })
      .thenProblem('port.in-use');
    given(node)
      .when('ChangePort', { uuid: 'p1', changes: { extra: { a: 1 } } })
      .then('PortChanged');
    given(node)
      .when('ChangePort', { uuid: 'p1', changes: { extra: { a: 1 } } })
      .thenNothingHappens();
  });

  it('make their addresses, uuids and names unique', () => {
    const node = aNode().enrolled({ name: 'one' });
    node.send('AttachPort', { ...one, attributes: { name: 'eth0' } });
    expect(uniqueValues(node.node).map(({ kind, value }) => `${kind} ${value}`)).toEqual([
      'node-name one',
      'mac 52:54:00:00:00:01',
      'port p1',
      'port-name eth0',
    ]);
    node.send('DeleteNode', {});
    expect(uniqueValues(node.node)).toEqual([]);
  });
});

describe('VIFs', () => {
  const node = () => {
    const node = aNode().manageable();
    node.send('AttachPort', one);
    node.send('AttachPort', two);
    return node;
  };

  it('take the first free port that boots from the network', () => {
    const [data] = given(node())
      .when('AttachVif', { vif: { id: 'v1' } })
      .then('VifAttached');
    expect(data).toMatchObject({ port: 'p2' });
  });

  it('take the port that was asked for', () => {
    const [data] = given(node())
      .when('AttachVif', { vif: { id: 'v1', port_uuid: 'p1' } })
      .then('VifAttached');
    expect(data).toMatchObject({ port: 'p1' });
  });

  it('are refused twice, and when no port is free', () => {
    const full = node();
    full.send('AttachVif', { vif: { id: 'v1' } });
    given(full)
      .when('AttachVif', { vif: { id: 'v1' } })
      .thenProblem('vif.taken');
    full.send('AttachVif', { vif: { id: 'v2' } });
    given(full)
      .when('AttachVif', { vif: { id: 'v3' } })
      .thenProblem('vif.no-free-port');
    given(full).when('DetachPort', { uuid: 'p1' }).thenProblem('port.in-use', 'VIF');
    given(full).when('DetachVif', { vif: 'nosuch' }).thenProblem('vif.missing');
    given(full).when('DetachVif', { vif: 'v1' }).then('VifDetached');
  });

  it('are taken and forgotten where there is no network to manage', () =>
    given(aNode().manageable({ network_interface: 'noop' }))
      .when('AttachVif', { vif: { id: 'v1' } })
      .thenNothingHappens());

  it('go with the instance', () => {
    const full = node();
    full.send('ProvideNode', {});
    full.run();
    full.send('AttachVif', { vif: { id: 'v1' } });
    full.send('DeployNode', {});
    full.run();
    full.send('UndeployNode', {});
    full.run();
    expect(Object.values(full.node.ports).every(({ vif }) => vif === null)).toBe(true);
  });
});

describe('traits', () => {
  it('are a sorted set of fifty at most', () => {
    const node = aNode().enrolled();
    given(node)
      .when('SetTraits', { traits: ['CUSTOM_B', 'CUSTOM_A', 'CUSTOM_B'] })
      .then('TraitsSet');
    expect(node.node.traits).toEqual(['CUSTOM_A', 'CUSTOM_B']);
    given(node).when('AddTrait', { trait: 'CUSTOM_A' }).thenNothingHappens();
    given(node).when('RemoveTrait', { trait: 'CUSTOM_C' }).thenProblem('trait.missing');
    given(node)
      .when('SetTraits', { traits: Array.from({ length: 51 }, (_, index) => `CUSTOM_${index}`) })
      .thenProblem('request.invalid', '50');
  });
});
