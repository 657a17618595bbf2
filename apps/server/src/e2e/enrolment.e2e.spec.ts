import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONDUCTOR, startFerrolog, type FerrologProcess } from './ferrolog-process.js';
import { ironicApi, type IronicApi } from './ironic-api.js';
import { baremetalClient, programs, stockClient, type StockClient } from './stock-client.js';

/** How machines get in, what is told about them, how that is changed, and how they go. */
describe('enrolment', () => {
  let server: FerrologProcess;
  let baremetal: StockClient;
  let api: IronicApi;
  beforeAll(async () => {
    server = await startFerrolog();
    baremetal = baremetalClient(server.url);
    api = ironicApi(server.url, 'latest');
  });
  afterAll(() => server.stop());

  it.concurrent('creates a node from nothing but a driver', async () => {
    const node = await baremetal.json`node create --driver fake-hardware`;
    expect(node).toMatchObject({
      name: null,
      provision_state: 'enroll',
      target_provision_state: null,
      power_state: null,
      driver: 'fake-hardware',
      conductor: CONDUCTOR,
      conductor_group: '',
      boot_interface: 'fake',
      storage_interface: 'noop',
      driver_info: {},
      traits: [],
      maintenance: false,
      retired: false,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
      updated_at: null,
    });
  });

  it.concurrent('creates a node with everything that can be said at once', async () => {
    const uuid = '5f1d8f5a-31b3-4d5e-9d3c-6d3a0d1c2b01';
    const { uuid: chassis } = (await baremetal.json`chassis create --description rack-1`) as { uuid: string };
    const node = await baremetal.json`node create --driver fake-hardware --uuid ${uuid} --name full
      --chassis-uuid ${chassis} --resource-class gold --description ${'third from the top'}
      --property cpus=8 --property capabilities=boot_mode:uefi --extra asset=4711
      --driver-info fake_address=192.0.2.7 --driver-info fake_username=root --driver-info fake_password=hush
      --driver-info ${'nested={"token": "hush", "slot": 3}'}
      --bios-interface no-bios --boot-interface fake --console-interface no-console --deploy-interface fake
      --firmware-interface no-firmware --inspect-interface no-inspect --management-interface fake
      --network-interface noop --power-interface fake --raid-interface no-raid --rescue-interface no-rescue
      --storage-interface noop --vendor-interface no-vendor
      --network-data ${{ links: [], networks: [], services: [] }}
      --no-automated-clean --disable-power-off --shard west --lessee tenant --instance-name web-1`;
    const said = {
      uuid,
      name: 'full',
      chassis_uuid: chassis,
      resource_class: 'gold',
      description: 'third from the top',
      properties: { cpus: 8, capabilities: 'boot_mode:uefi' },
      extra: { asset: 4711 },
      bios_interface: 'no-bios',
      console_interface: 'no-console',
      firmware_interface: 'no-firmware',
      inspect_interface: 'no-inspect',
      network_interface: 'noop',
      raid_interface: 'no-raid',
      rescue_interface: 'no-rescue',
      vendor_interface: 'no-vendor',
      network_data: { links: [], networks: [], services: [] },
      automated_clean: false,
      disable_power_off: true,
      shard: 'west',
      lessee: 'tenant',
      instance_name: 'web-1',
    };
    const masked = {
      fake_address: '192.0.2.7',
      fake_username: 'root',
      fake_password: '******',
      nested: { token: '******', slot: 3 },
    };
    expect(node).toMatchObject({ ...said, driver_info: masked });
    expect(await baremetal.json`node show full`).toEqual(node);
    expect(await baremetal.json`node show ${uuid} --fields driver_info chassis_uuid`).toEqual({
      driver_info: masked,
      chassis_uuid: chassis,
    });
    expect(JSON.stringify((await api.request('GET', '/v1/nodes/full')).body)).not.toContain('hush');
  });

  it.concurrent('shows a node by its instance', async () => {
    const instance = 'c0ffee00-0000-4000-8000-000000000001';
    await api.aNode('hosting', 'enroll', { instance_uuid: instance });
    expect(await baremetal.json`node show --instance ${instance} --fields name instance_uuid`).toEqual({
      name: 'hosting',
      instance_uuid: instance,
    });
    expect(await baremetal.refused`node show --instance c0ffee00-0000-4000-8000-00000000dead`).toMatch(/HTTP 404/);
  });

  it.concurrent('shows the same by the openstack command', async () => {
    await api.aNode('seen-twice', 'enroll');
    const openstack = stockClient(programs.openstack, server.url, { prefix: ['baremetal'] });
    expect(await openstack.json`node show seen-twice`).toEqual(await baremetal.json`node show seen-twice`);
  });

  it.concurrent('changes all that may change, and takes it back', async () => {
    const instance = 'c0ffee00-0000-4000-8000-000000000002';
    await api.aNode('before', 'enroll', {
      extra: { keep: 1 },
      driver_info: { fake_password: 'hush' },
      properties: { memory_mb: 1024 },
    });
    await baremetal.run`node set before --name after --description changed --resource-class silver --shard east
      --owner alice --lessee bob --instance-uuid ${instance} --instance-name db-1 --retired --retired-reason old
      --extra color=red --property cpus=16 --driver-info fake_address=192.0.2.8 --no-automated-clean
      --instance-info image_source=http://images.example/a.qcow2 --network-interface noop --disable-power-off
      --network-data ${{ links: [], networks: [], services: [] }}`;
    expect(await api.node('after')).toMatchObject({
      name: 'after',
      description: 'changed',
      resource_class: 'silver',
      shard: 'east',
      owner: 'alice',
      lessee: 'bob',
      instance_uuid: instance,
      instance_name: 'db-1',
      retired: true,
      retired_reason: 'old',
      extra: { keep: 1, color: 'red' },
      properties: { memory_mb: 1024, cpus: 16 },
      driver_info: { fake_password: '******', fake_address: '192.0.2.8' },
      automated_clean: false,
      instance_info: { image_source: 'http://images.example/a.qcow2' },
      network_interface: 'noop',
      disable_power_off: true,
      network_data: { links: [], networks: [], services: [] },
    });

    await baremetal.run`node set after --target-raid-config ${{ logical_disks: [{ size_gb: 50, raid_level: '1' }] }}`;
    expect(await api.node('after')).toMatchObject({
      target_raid_config: { logical_disks: [{ size_gb: 50, raid_level: '1' }] },
    });

    await baremetal.run`node unset after --description --resource-class --shard --owner --lessee --instance-uuid
      --instance-name --retired --extra color --property cpus --driver-info fake_address --automated-clean
      --instance-info image_source --network-interface --network-data --target-raid-config --conductor-group`;
    expect(await api.node('after')).toMatchObject({
      description: null,
      resource_class: null,
      shard: null,
      owner: null,
      lessee: null,
      instance_uuid: null,
      instance_name: null,
      retired: false,
      retired_reason: null,
      extra: { keep: 1 },
      properties: { memory_mb: 1024 },
      driver_info: { fake_password: '******' },
      automated_clean: null,
      instance_info: {},
      network_interface: 'flat',
      network_data: {},
      target_raid_config: {},
      conductor_group: '',
    });
  });

  it.concurrent('takes the name from a node', async () => {
    const { uuid } = await api.aNode('nameless-soon', 'enroll');
    await baremetal.run`node unset nameless-soon --name`;
    expect(await baremetal.json`node show ${uuid} --fields name`).toEqual({ name: null });
    expect(await baremetal.refused`node show nameless-soon`).toMatch(/^Node nameless-soon could not be found\./);
  });

  it.concurrent('changes interfaces, and sets them back to the driver’s defaults', async () => {
    await api.aNode('faces', 'enroll');
    await baremetal.run`node set faces --raid-interface no-raid --deploy-interface direct`;
    expect(await baremetal.json`node show faces --fields raid_interface deploy_interface`).toEqual({
      raid_interface: 'no-raid',
      deploy_interface: 'direct',
    });
    await baremetal.run`node set faces --reset-deploy-interface`;
    expect(await api.node('faces')).toMatchObject({ raid_interface: 'no-raid', deploy_interface: 'fake' });
    await baremetal.run`node unset faces --raid-interface`;
    expect(await api.node('faces')).toMatchObject({ raid_interface: 'fake', deploy_interface: 'fake' });
  });

  it.concurrent('says which interfaces can be used, and why one cannot', async () => {
    await api.aNode('valid', 'enroll', { console_interface: 'no-console', deploy_interface: 'direct' });
    const interfaces = (await baremetal.json`node validate valid`) as { Interface: string; Result: boolean }[];
    expect(interfaces).toHaveLength(12);
    expect(interfaces).toContainEqual({ Interface: 'power', Result: true, Reason: '' });
    expect(interfaces).toContainEqual({ Interface: 'console', Result: false, Reason: expect.stringMatching(/./) });
    expect(interfaces).toContainEqual({ Interface: 'deploy', Result: false, Reason: expect.stringMatching(/./) });
    expect(interfaces.filter(({ Result }) => !Result)).toHaveLength(2);
  });

  it.concurrent('keeps nodes within nodes', async () => {
    const { uuid } = await api.aNode('dpu-host', 'enroll');
    const child = (await baremetal.json`node create --driver fake-hardware --name dpu --parent-node dpu-host`) as {
      uuid: string;
    };
    expect(child).toMatchObject({ parent_node: uuid });
    expect(await baremetal.json`node children list dpu-host`).toEqual({ children: [child.uuid] });
    expect(await baremetal.json`node list --parent-node ${uuid} --fields name`).toEqual([{ name: 'dpu' }]);
    const names = (await baremetal.json`node list --fields name`) as { name: string }[];
    expect(names).toContainEqual({ name: 'dpu-host' });
    expect(names).not.toContainEqual({ name: 'dpu' });
  });

  it.concurrent('creates a whole rack from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ferrolog-rack-'));
    const file = join(folder, 'rack.json');
    const port = { address: '52:54:00:ab:cd:01', pxe_enabled: true };
    const node = { driver: 'fake-hardware', name: 'rack-7-1', properties: { cpus: 2 }, ports: [port] };
    writeFileSync(file, JSON.stringify({ chassis: [{ description: 'rack 7', nodes: [node] }] }));
    try {
      await baremetal.run`create ${file}`;
    } finally {
      rmSync(folder, { recursive: true });
    }
    const [found] = (await baremetal.json`port list --address ${port.address} --fields node_uuid pxe_enabled`) as {
      node_uuid: string;
    }[];
    const { uuid, chassis_uuid } = await api.node('rack-7-1');
    expect(found).toEqual({ node_uuid: uuid, pxe_enabled: true });
    expect(await baremetal.json`chassis show ${chassis_uuid} --fields description`).toEqual({ description: 'rack 7' });
  });

  it.concurrent('deletes nodes, with all that is theirs', async () => {
    const { uuid } = await api.aNode('going-1', 'manageable');
    await api.aNode('going-2', 'available');
    await api.ask('POST', '/v1/ports', { node_uuid: uuid, address: '52:54:00:ab:cd:02' });
    expect(await baremetal.run`node delete going-1 going-2`).toBe('Deleted node going-1\nDeleted node going-2\n');
    expect((await api.request('GET', '/v1/nodes/going-1')).status).toBe(404);
    expect((await api.request('GET', '/v1/nodes/going-2')).status).toBe(404);
    expect(await baremetal.json`port list --address 52:54:00:ab:cd:02`).toEqual([]);
    const again = (await baremetal.json`node create --driver fake-hardware --name going-1 --uuid ${uuid}`) as object;
    expect(again).toMatchObject({ uuid, provision_state: 'enroll' });
  });
});
