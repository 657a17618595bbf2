import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, writeFileSync } from 'node:fs';
import type { Bag } from '#domain';
import { House, HouseConductor } from '#testing';
import { MarkerMissing } from '../pages.js';
import { isCurrent, openRows, removeDatabase } from './open.js';
import { rebuildInto } from './rebuild.js';
import type { SqliteReadModel } from './sqlite-read-model.js';

const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';
const rack = (number: number) => `dddddddd-0000-4000-8000-00000000000${number}`;

describe('The read model', () => {
  let house: House;
  let model: SqliteReadModel;
  beforeEach(async () => {
    house = new House();
    model = await house.openReadModel();
  });
  afterEach(() => house.close());
  const shown = () => JSON.parse(`{${model.nodes.byUuid(uuid)?.text}}`) as Record<string, Bag>;

  it('shows what was too big for its event in its place', async () => {
    const big = { text: 'x'.repeat(3_000) };
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`k${index}`, 'x'.repeat(1_500)]));
    await house.enrol(uuid, {
      extra: { big, small: 1 },
      properties: many,
      driver_info: { B1: big.text, deploy_iso: big.text },
    });
    expect(shown().extra).toEqual({ big, small: 1 });
    expect(shown().properties).toEqual(many);
    expect(shown().driver_info).toEqual({ B1: big.text, deploy_iso: big.text });
  });

  it('masks what is secret by its name, and says where something sealed is left to be opened', async () => {
    await house.enrol(uuid, { driver_info: { password: 'x', fake_address: 'bmc' } });
    expect(shown().driver_info).toEqual({ password: '******', fake_address: 'bmc' });
    expect(model.nodes.byUuid(uuid)?.sealed).toBe(0);
    await house.send(uuid, 'PatchNode', { patch: [{ op: 'add', path: '/driver_info/unknown', value: 'y' }] });
    expect(shown().driver_info!.unknown).toEqual({ $sealed: expect.any(String) });
    expect(model.nodes.byUuid(uuid)?.sealed).toBe(1);
  });

  it('masks what is sealed in the arguments of steps, under whatever name', async () => {
    await house.enrol(uuid);
    await house.send(uuid, 'ManageNode', {});
    await new HouseConductor(house).work(uuid);
    const settings = [{ component: 'bmc', url: 'https://user:secret@host/firmware' }];
    await house.send(uuid, 'CleanNode', { steps: [{ interface: 'firmware', step: 'update', args: { settings } }] });
    await new HouseConductor(house).step(uuid);
    expect(shown().clean_step!.args).toEqual({ settings: [{ component: 'bmc', url: '******' }] });
    expect(model.nodes.byUuid(uuid)?.text).not.toContain('$sealed');
  });

  it('lists chassis', async () => {
    for (const number of [3, 1, 2])
      await house.sendToChassis(rack(number), {
        type: 'CreateChassis',
        description: `rack ${number}`,
        extra: { a: number },
      });
    await house.sendToChassis(rack(1), { type: 'ChangeChassis', changes: { description: 'row' } });
    const list = async (page: object) => (await model.chassis.list({ limit: 10, ...page })).map(({ uuid }) => uuid);
    expect(await list({})).toEqual([rack(3), rack(1), rack(2)]);
    expect(await list({ sortKey: 'uuid', limit: 2 })).toEqual([rack(1), rack(2)]);
    expect(await list({ sortKey: 'uuid', marker: rack(2) })).toEqual([rack(3)]);
    expect(await list({ descending: true, marker: rack(1) })).toEqual([rack(3)]);
    await expect(list({ marker: rack(9) })).rejects.toBeInstanceOf(MarkerMissing);
    expect(await model.chassis.byUuid(rack(1))).toMatchObject({ description: 'row', extra: '{"a":1}', revision: 1 });
    await house.sendToChassis(rack(1), { type: 'DeleteChassis', hasNodes: false });
    expect(await model.chassis.byUuid(rack(1))).toBeUndefined();
    expect(await list({})).toEqual([rack(3), rack(2)]);
  });

  it('lists conductors by age, each as it registered last', async () => {
    const register = (host: string, conductorGroup: string) =>
      house.conductors.handle(
        host,
        { type: 'RegisterConductor', conductorGroup, hardwareTypes: ['a', 'b'], manifest: {} },
        house.cause(),
      );
    await register('zeta', '');
    await register('alpha', '');
    await register('zeta', 'rack-2');
    expect(await model.conductors.all()).toMatchObject([
      { hostname: 'zeta', conductor_group: 'rack-2', drivers: '["a","b"]' },
      { hostname: 'alpha', conductor_group: '' },
    ]);
  });

  it('keeps history: begins and ends of step flows, and every error', async () => {
    const conductor = new HouseConductor(house);
    const act = async (type: 'ManageNode' | 'ProvideNode' | 'DeployNode') => {
      await house.send(uuid, type, {});
      await house.clock.advance(5_000);
      await conductor.work(uuid);
    };
    await house.enrol(uuid, { driver_info: { fake_deploy_fail: 'deploy' } });
    await act('ManageNode');
    await act('ProvideNode');
    await act('DeployNode');
    const entries = await model.history.ofNode(uuid, { limit: 100 });
    expect(entries.map(({ severity, event_type }) => `${severity} ${event_type}`)).toEqual([
      'INFO automated_cleaning_start',
      'INFO automated_cleaning_end',
      'INFO deployment_start',
      'ERROR deploying',
    ]);
    expect(entries[2]).toMatchObject({
      user: 'operator',
      project: 'operations',
      state: 'deploying',
      target_provision_state: 'active',
      duration_seconds: 0,
    });
    expect(entries[3]).toMatchObject({
      user: null,
      conductor: 'conductor-1',
      state: 'deploying',
      target_provision_state: 'active',
      duration_seconds: 5,
    });
    expect(entries[3]!.event).toMatch('told to fail');
    expect(await model.history.entry(uuid, entries[0]!.uuid)).toEqual(entries[0]);
    expect(await model.history.entry('other', entries[0]!.uuid)).toBeUndefined();
    expect(await model.history.ofNode(uuid, { limit: 1, marker: entries[1]!.uuid })).toEqual([entries[2]]);
  });

  it('lists open work by topic, with its deadline', async () => {
    const conductor = new HouseConductor(house);
    const others = 'bbbbbbbb-0000-4000-8000-000000000000';
    await house.enrol(others);
    await house.enrol(uuid, { driver_info: { fake_inspect_wait: 'forever' } });
    await house.send(uuid, 'ManageNode', {});
    const open = async () =>
      (await model.openWork.of('', 'fake-hardware')).map(({ node_uuid, kind, epoch }) => ({ node_uuid, kind, epoch }));
    expect(await open()).toEqual([{ node_uuid: uuid, kind: 'begin step', epoch: null }]);
    await conductor.work(uuid);
    expect(await open()).toEqual([]);
    await house.send(uuid, 'InspectNode', {});
    await conductor.work(uuid);
    expect(await model.openWork.all()).toEqual([
      {
        node_uuid: uuid,
        conductor_group: '',
        hardware_type: 'fake-hardware',
        kind: 'wait',
        epoch: 1,
        deadline: '2026-01-01T00:30:00.000Z',
      },
    ]);
    expect(await model.openWork.of('rack-2', 'fake-hardware')).toEqual([]);
    await house.send(others, 'SetBootDevice', { device: 'pxe', persistent: false });
    expect((await model.openWork.all()).map(({ kind }) => kind)).toEqual(['wait', 'begin action']);
  });

  it('says of a file whether it is whole and of this version', async () => {
    const path = house.folder.file('built.sqlite');
    await rebuildInto(path, {
      head: () => ({ position: 0, eventId: '', events: 0 }),
      streams: () => [],
      readBlob: () => Buffer.alloc(0),
    });
    expect(isCurrent(path)).toBe(true);
    const older = openRows(path);
    older.pragma('user_version = 0');
    older.close();
    expect(isCurrent(path)).toBe(false);
    writeFileSync(path, 'garbage '.repeat(1_000));
    expect(isCurrent(path)).toBe(false);
    removeDatabase(path);
    removeDatabase(path);
    expect(existsSync(path)).toBe(false);
  });
});
