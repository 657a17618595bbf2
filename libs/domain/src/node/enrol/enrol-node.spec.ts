import { describe, expect, it } from '@jest/globals';
import { aNode, AWAY_DRIVER, given } from '#testing';

const enrol = (attributes: object, rest: object = {}) =>
  ({ attributes: { driver: 'test-hardware', ...attributes }, provisionState: 'enroll', ...rest }) as never;

describe('EnrolNode', () => {
  it('records what was chosen, and the interfaces that follow from the driver', () => {
    const [data] = given(aNode())
      .when('EnrolNode', enrol({ name: 'one', extra: {}, description: null }))
      .then('NodeEnrolled');
    expect(data).toMatchObject({
      provisionState: 'enroll',
      attributes: { name: 'one', driver: 'test-hardware', network_interface: 'flat', raid_interface: 'test' },
    });
    expect((data as { attributes: object }).attributes).not.toHaveProperty('extra');
    expect((data as { attributes: object }).attributes).not.toHaveProperty('description');
  });

  it('begins as available for clients of before 1.11', () => {
    const node = aNode();
    node.send('EnrolNode', enrol({}, { provisionState: 'available' }));
    expect(node.node.provisionState).toBe('available');
  });

  it('takes an interface that the driver has', () => {
    const [data] = given(aNode())
      .when('EnrolNode', enrol({ network_interface: 'noop' }))
      .then('NodeEnrolled');
    expect(data).toMatchObject({ attributes: { network_interface: 'noop' } });
  });

  it('writes the conductor group in lower case', () => {
    const node = aNode().enrolled({ conductor_group: 'Rack-7' });
    expect(node.node.attributes.conductor_group).toBe('rack-7');
  });

  it('refuses a node that is there', () =>
    given(aNode().enrolled()).when('EnrolNode', enrol({})).thenProblem('node.exists', 'already exists'));

  it('refuses a driver that nobody has', () =>
    given(aNode())
      .when('EnrolNode', enrol({ driver: 'nosuch' }))
      .thenProblem('node.driver-missing', 'No valid host was found'));

  it('says that a driver is away whose conductors are', () =>
    given(aNode())
      .when('EnrolNode', enrol({ driver: AWAY_DRIVER }))
      .thenProblem('conductor.unavailable', 'at the moment'));

  it('refuses an interface that the driver does not have', () =>
    given(aNode())
      .when('EnrolNode', enrol({ boot_interface: 'nosuch' }))
      .thenProblem('node.interface-unknown', 'nosuch'));

  it.each([{ local_gb: -1 }, { memory_mb: 'much' }, { local_gb: 1.5 }])(
    'refuses sizes that are no whole numbers: %j',
    properties =>
      given(aNode()).when('EnrolNode', enrol({ properties })).thenProblem('request.invalid', 'non-negative integers'),
  );

  it('takes the uuid of a deleted node again, as a new incarnation with nothing of the old', () => {
    const node = aNode().enrolled({ name: 'old' });
    node.send('AddTrait', { trait: 'CUSTOM_OLD' });
    node.send('DeleteNode', {});
    expect(node.node.present).toBe(false);
    node.enrolled({ name: 'new' });
    expect(node.node).toMatchObject({
      present: true,
      incarnation: 3,
      traits: [],
      attributes: { name: 'new' },
      createdAt: node.events[3]!.recorded,
    });
  });

  it('goes on counting epochs in a new incarnation', () => {
    const node = aNode().manageable();
    const { epoch } = node.node.claim!;
    node.send('DeleteNode', {});
    node.manageable();
    expect(node.node.claim!.epoch).toBeGreaterThanOrEqual(epoch);
  });
});
