import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import type { Bag, Node } from '#domain';
import { nodeStream } from '#domain';
import type { SqliteReadModel } from '#read-model';
import { House, HouseConductor, plain } from '#testing';
import { MASK } from './content.js';

const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';

describe('A secret', () => {
  let house: House;
  let conductor: HouseConductor;
  let model: SqliteReadModel;
  /** Every secret that was given to anybody, by where. */
  let given: Map<string, string>;
  beforeEach(async () => {
    house = new House();
    conductor = new HouseConductor(house);
    given = new Map();
    model = await house.openReadModel();
  });
  afterEach(() => house.close());

  /** One that nobody else has, to be looked for in every byte that is kept. */
  const canary = (where: string): string => {
    const text = `CANARY-${given.size}-${where.replaceAll(' ', '-')}`;
    given.set(where, text);
    return text;
  };
  const url = (where: string) => `https://user:${canary(where)}@host:8443/path`;
  const bytes = () => {
    const files = readdirSync(house.folder.path).filter(file => !file.startsWith('keys'));
    expect(files.length).toBeGreaterThanOrEqual(4);
    return Buffer.concat(files.map(file => readFileSync(house.folder.file(file))));
  };
  const found = () => {
    const all = bytes();
    return [...given].filter(([, text]) => all.includes(text)).map(([where]) => where);
  };
  const work = () => conductor.work(uuid);
  const send: (type: Parameters<House['send']>[1], data: object) => Promise<Node> = async (type, data) => {
    await house.send(uuid, type, data as never);
    return work();
  };

  /** A change of power that the driver fails with a sentence that quotes what it was given. */
  const failWith = async (...sentence: string[]) => {
    await house.send(uuid, 'ChangePower', { target: 'power on' });
    const { claim, action } = await house.node(uuid);
    const claimant = { conductor: claim!.conductor, epoch: claim!.epoch };
    const begun = await conductor.report(await house.node(uuid), 'BeginAction', { ...claimant, action: action!.id });
    const detail = sentence.join(', ');
    const problem = { code: 'hardware.failed' as const, title: detail, detail, hint: detail };
    await conductor.report(begun, 'FailAction', { action: action!.id, ...begun.action!.running!, problem });
  };

  it('is in no file but sealed, whatever way it came', async () => {
    await house.enrol(uuid, {
      driver_info: {
        fake_address: 'PUBLIC-1',
        fake_password: canary('driver_info password'),
        unknown_key: canary('driver_info key on no list'),
        fake_username: url('URL in a public key'),
        A1: { deeper: { deepest: canary('nested in a public key') } },
        B1: ['x', url('URL in a list')],
        unknown_object: { list: [canary('list of an unknown key')] },
      },
      instance_info: {
        image_source: url('image URL'),
        root_password: canary('instance password'),
        nested: { deeper: [{ auth_token: canary('nested token') }] },
        configdrive: canary('config drive in instance_info').padEnd(9_000, 'x'),
        big: { text: 'x'.repeat(3_000), secret: canary('secret beside something big') },
        capabilities: { boot: 'PUBLIC-2' },
      },
      extra: { note: 'PUBLIC-3' },
    });
    await house.send(uuid, 'PatchNode', {
      patch: [
        { op: 'add', path: '/driver_info/ipmi_password', value: canary('patched in') },
        { op: 'replace', path: '/driver_info/A1/deeper/deepest', value: canary('patched into a sealed value') },
        { op: 'add', path: '/instance_info/kernel_params', value: `quiet ks=${url('URL in the middle of a text')}` },
      ],
    });
    await send('ManageNode', {});
    await send('CleanNode', {
      steps: [
        { interface: 'bios', step: 'apply_configuration', args: { settings: [] } },
        { interface: 'firmware', step: 'update', args: { settings: [{ component: 'bmc', url: url('firmware URL') }] } },
      ],
    });
    expect((await house.node(uuid)).provisionState).toBe('manageable');
    await send('ProvideNode', {});
    // A deployment that fails at its first step, and one that does not.
    await house.send(uuid, 'DeployNode', {
      configdrive: { user_data: canary('big config drive').padEnd(300_000, 'y') },
      steps: [
        {
          interface: 'bios',
          step: 'apply_configuration',
          args: { settings: [{ name: 'AdminPassword', value: canary('step argument named beside it') }] },
          priority: 150,
        },
      ],
    });
    await house.send(uuid, 'IssueAgentToken', {
      token: canary('agent token') as never,
      boot: 'b',
      address: '192.0.2.1',
    });
    expect((await work()).lastError).toMatch('no BIOS settings named AdminPassword');
    await send('DeployNode', { configdrive: { meta_data: { key: canary('config drive') } } });
    await send('RescueNode', { rescuePassword: canary('rescue password') });
    await send('UnrescueNode', {});
    const update = { component: 'bmc', url: url('firmware URL of a service') };
    await send('ServiceNode', { steps: [{ interface: 'firmware', step: 'update', args: { settings: [update] } }] });
    expect((await house.node(uuid)).provisionState).toBe('active');
    await send('CallVendorPassthru', {
      method: 'create_subscription',
      httpMethod: 'POST',
      args: { Destination: url('passthru argument and its result'), password: canary('passthru password') },
    });
    await send('AttachVirtualMedia', {
      deviceType: 'cdrom',
      args: {
        device_type: 'cdrom',
        image_url: url('image of virtual media'),
        password: canary('password of virtual media'),
      },
    });
    expect((await house.node(uuid)).virtualMedia).toMatchObject([{ image: `https://user:${MASK}@host:8443/path` }]);
    await failWith(
      `PUBLIC-4: ${given.get('patched in')} is no password for user:${given.get('driver_info password')}`,
      `nor is ${url('URL in a sentence')}, nor ${given.get('driver_info key on no list')}`,
    );

    expect(given.size).toBeGreaterThan(25);
    expect(found()).toEqual([]);
    const all = bytes();
    for (const number of [1, 2, 3, 4]) expect(all.includes(`PUBLIC-${number}`)).toBe(true);
    expect((await house.node(uuid)).lastError).toBe(
      `PUBLIC-4: ${MASK} is no password for user:${MASK}, nor is https://user:${MASK}@host:8443/path, nor ${MASK}`,
    );

    // Whoever holds the keys reads them all the same.
    const { driver_info, instance_info } = (await house.node(uuid)).attributes;
    const opened = JSON.stringify([await house.content.plain(driver_info), await house.content.plain(instance_info)]);
    for (const where of [
      'driver_info password',
      'URL in a list',
      'patched into a sealed value',
      'nested token',
      'secret beside something big',
      'config drive',
      'URL in the middle of a text',
    ])
      expect(opened).toContain(given.get(where));
    expect(opened).not.toContain(given.get('nested in a public key'));
  }, 30_000);

  describe('that was patched', () => {
    const patch = async (...patch: object[]) => (await house.send(uuid, 'PatchNode', { patch: patch as never })).events;
    const info = async () => house.content.plain((await house.node(uuid)).attributes.driver_info);
    const before: Bag = { fake_address: 'a', password: 'CANARY-p', A1: { user: 'u', password: 'CANARY-q' } };
    beforeEach(() => house.enrol(uuid, { driver_info: before }));

    it('is changed inside, and the rest is as it was', async () => {
      const events = await patch({ op: 'replace', path: '/driver_info/A1/password', value: 'new' });
      expect(events).toHaveLength(1);
      expect(await info()).toEqual({ ...before, A1: { user: 'u', password: 'new' } });
      await patch(
        { op: 'remove', path: '/driver_info/A1/user' },
        { op: 'add', path: '/driver_info/A1/list', value: [1] },
      );
      expect(await info()).toEqual({ ...before, A1: { password: 'new', list: [1] } });
    });

    it('is recorded no second time when it is the same', async () => {
      expect(await patch({ op: 'add', path: '/driver_info/password', value: before.password })).toEqual([]);
      expect(await patch({ op: 'replace', path: '/driver_info', value: before })).toEqual([]);
      expect(await house.typesOf(uuid)).toEqual(['NodeEnrolled']);
    });

    it('is kept when its mask comes back', async () => {
      const shown = { fake_address: 'b', password: MASK, A1: { user: 'u', password: MASK } };
      const events = await patch({ op: 'replace', path: '/driver_info', value: shown });
      expect(events).toHaveLength(1);
      expect(await info()).toEqual({ ...before, fake_address: 'b' });
      expect(await patch({ op: 'add', path: '/driver_info/password', value: MASK })).toEqual([]);
    });

    it('goes with the bag it was in', async () => {
      await patch({ op: 'remove', path: '/driver_info' });
      expect(await info()).toEqual({});
      await patch({ op: 'add', path: '/driver_info', value: { password: 'new' } });
      expect(await info()).toEqual({ password: 'new' });
    });

    it('is refused where its place is missing or no object', async () => {
      for (const operation of [
        { op: 'remove', path: '/driver_info/missing' },
        { op: 'add', path: '/driver_info/missing/deeper', value: 1 },
        { op: 'replace', path: '/driver_info', value: [1] },
        { op: 'replace', path: '/driver_info', value: 'text' },
        { op: 'add', path: '/driver_info/$sealed', value: 'x' },
        { op: 'add', path: '/extra', value: { $blob: '0'.repeat(64) } },
      ])
        await expect(patch(operation)).rejects.toMatchObject({ code: 'request.invalid' });
      expect(await house.typesOf(uuid)).toEqual(['NodeEnrolled']);
    });
  });

  it('is gone for good when its key is, and nothing else changes by that', async () => {
    await house.enrol(uuid, {
      driver_info: { password: canary('a'), fake_address: 'x' },
      instance_info: { secret: canary('b') },
    });
    const events = (await house.events.readStream(nodeStream(uuid))).map(plain);
    const row = model.nodes.byUuid(uuid);
    await house.keys.erase(`node/${uuid}/0`);
    await house.keys.erase(`instance/${uuid}/0`);
    const node = await house.process().repository.load(uuid);
    expect(node).toEqual(await house.node(uuid));
    expect(await house.content.plain(node.attributes.driver_info)).toEqual({ password: '«erased»', fake_address: 'x' });
    expect(await house.content.plain(node.attributes.instance_info)).toEqual({ secret: '«erased»' });
    expect((await house.events.readStream(nodeStream(uuid))).map(plain)).toEqual(events);
    expect(model.nodes.byUuid(uuid)).toEqual(row);
    // A node of the same uuid that comes later has keys of its own.
    await house.send(uuid, 'DeleteNode', {});
    await house.enrol(uuid, { driver_info: { password: 'new' } });
    expect(await house.content.plain((await house.node(uuid)).attributes.driver_info)).toEqual({ password: 'new' });
  });
});
