import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFerrolog, type FerrologProcess } from './ferrolog-process.js';
import { ironicApi, type IronicApi, type NodeBody } from './ironic-api.js';

/** Names of Metal3's nodes are `NAMESPACE~HOST`. */
const HOST = 'metal3~host-1';
const MAC = '52:54:00:99:00:01';

/**
 * A host's life as Metal3's baremetal-operator asks for it, request by request: one fixed
 * version, patches that only add, empty config drives.
 */
describe('the baremetal-operator of Metal3', () => {
  let server: FerrologProcess;
  let ironic: IronicApi;
  let uuid: string;
  beforeAll(async () => {
    server = await startFerrolog();
    ironic = ironicApi(server.url, '1.110');
  });
  afterAll(() => server.stop());

  const patch = (...changes: readonly (readonly [path: string, value: unknown])[]) =>
    ironic.ask<NodeBody>(
      'PATCH',
      `/v1/nodes/${uuid}`,
      changes.map(([path, value]) => ({ op: 'add', path, value })),
    );
  const provision = (target: string, more: object = {}) =>
    ironic.request('PUT', `/v1/nodes/${uuid}/states/provision`, { target, ...more });

  it('finds the service and its versions without naming one', async () => {
    const { status, body } = await ironicApi(server.url).request('GET', '/v1/');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: 'v1',
      version: { id: 'v1', status: 'CURRENT', min_version: '1.1', version: '1.115' },
    });
    expect(body).not.toHaveProperty('versions');
  });

  it('finds a driver, and is answered in its version', async () => {
    const { headers, body } = await ironic.request('GET', '/v1/drivers');
    expect(body).toMatchObject({ drivers: [{ name: 'fake-hardware' }] });
    expect(headers.get('x-openstack-ironic-api-version')).toBe('1.110');
  });

  it('looks for the host in vain: by name, by its other name, by its MAC', async () => {
    expect((await ironic.request('GET', `/v1/nodes/${HOST}`)).status).toBe(404);
    expect((await ironic.request('GET', '/v1/nodes/host-1')).status).toBe(404);
    expect(await ironic.ask('GET', `/v1/ports?address=${MAC}&fields=node_uuid,uuid,address`)).toEqual({ ports: [] });
    expect(await ironic.ask('GET', '/v1/nodes?fields=uuid,name')).toEqual({ nodes: [] });
  });

  it('registers the host', async () => {
    const { status, headers, body } = await ironic.request('POST', '/v1/nodes', {
      name: HOST,
      driver: 'fake-hardware',
      bios_interface: 'fake',
      boot_interface: 'fake',
      firmware_interface: 'fake',
      inspect_interface: 'fake',
      management_interface: 'fake',
      power_interface: 'fake',
      raid_interface: 'fake',
      vendor_interface: 'fake',
      driver_info: { fake_address: '192.0.2.9', fake_username: 'admin', fake_password: 'hush' },
      properties: { capabilities: 'boot_mode:uefi', cpu_arch: 'x86_64' },
      disable_power_off: false,
    });
    const node = body as NodeBody;
    ({ uuid } = node);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`${server.url}/v1/nodes/${uuid}`);
    expect(node).toMatchObject({
      name: HOST,
      provision_state: 'enroll',
      target_provision_state: null,
      power_state: null,
      deploy_interface: 'fake',
      driver_info: { fake_address: '192.0.2.9', fake_password: '******' },
      disable_power_off: false,
      health: null,
      fault: null,
    });
    expect(await ironic.node(HOST)).toEqual(node);
    expect(await ironic.node(encodeURIComponent(HOST))).toEqual(node);
  });

  it('creates the port of the boot MAC', async () => {
    const { status } = await ironic.request('POST', '/v1/ports', { node_uuid: uuid, address: MAC, pxe_enabled: true });
    expect(status).toBe(201);
    expect(await ironic.ask('GET', `/v1/ports?address=${MAC}&fields=node_uuid,uuid,address`)).toMatchObject({
      ports: [{ node_uuid: uuid, address: MAC }],
    });
    expect(await ironic.ask('GET', `/v1/ports?node_uuid=${uuid}&fields=address`)).toMatchObject({
      ports: [{ address: MAC }],
    });
  });

  it('patches by adding, and is answered with the whole node', async () => {
    const driver_info = {
      fake_address: '192.0.2.10',
      deploy_kernel: 'http://m3/kernel',
      deploy_ramdisk: 'http://m3/rd',
    };
    const node = await patch(
      ['/driver_info', driver_info],
      ['/driver_info/force_persistent_boot_device', 'Default'],
      ['/automated_clean', true],
      ['/inspect_interface', 'fake'],
      ['/deploy_interface', 'fake'],
    );
    expect(node).toMatchObject({
      uuid,
      automated_clean: true,
      driver_info: { ...driver_info, force_persistent_boot_device: 'Default' },
      properties: { capabilities: 'boot_mode:uefi' },
      provision_state: 'enroll',
    });
    expect(Object.keys(node).sort()).toEqual(Object.keys(await ironic.node(uuid)).sort());
  });

  it('manages the host: it leaves enroll at once', async () => {
    expect((await provision('manage')).status).toBe(202);
    expect((await ironic.node(uuid)).provision_state).toMatch(/^(verifying|manageable)$/);
    await ironic.untilState(uuid, 'manageable');
  });

  it('aborts an inspection: it ends in inspect failed, and says that it was aborted', async () => {
    await patch(['/driver_info/fake_inspect_wait', 'forever']);
    await provision('inspect');
    await ironic.untilState(uuid, 'inspect wait');
    expect((await provision('abort')).status).toBe(202);
    expect((await ironic.untilState(uuid, 'inspect failed')).last_error).toMatch(/aborted/);
    await patch(['/driver_info/fake_inspect_wait', 0]);
  });

  it('inspects the host, and reads what was found', async () => {
    expect((await ironic.request('GET', `/v1/nodes/${uuid}/inventory`)).status).toBe(404);
    expect((await provision('inspect')).status).toBe(202);
    await ironic.untilState(uuid, 'manageable');
    const { inventory, plugin_data } = await ironic.ask<Inventory>('GET', `/v1/nodes/${uuid}/inventory`);
    expect(inventory).toMatchObject({
      memory: { physical_mb: expect.any(Number) },
      disks: [{ name: expect.any(String), size: expect.any(Number) }],
      interfaces: [{ mac_address: MAC, speed_mbps: expect.any(Number) }],
      system_vendor: {
        manufacturer: expect.any(String),
        product_name: expect.any(String),
        firmware: expect.any(Object),
      },
      boot: { current_boot_mode: 'uefi' },
      cpu: { architecture: 'x86_64', count: expect.any(Number), flags: expect.any(Array) },
    });
    // gophercloud up to 2.13 cannot read a number here.
    expect([null, 'string']).toContain(inventory.cpu.frequency === null ? null : typeof inventory.cpu.frequency);
    expect(plugin_data).toHaveProperty('all_interfaces');
  });

  it('reads BIOS settings and firmware', async () => {
    const { bios } = await ironic.ask<{ bios: object[] }>('GET', `/v1/nodes/${uuid}/bios?detail=true`);
    expect(bios).toContainEqual(
      expect.objectContaining({
        name: 'ProcTurboMode',
        value: 'Enabled',
        attribute_type: 'Enumeration',
        read_only: false,
      }),
    );
    const { bios: brief } = await ironic.ask<{ bios: object[] }>('GET', `/v1/nodes/${uuid}/bios`);
    expect(brief[0]).not.toHaveProperty('attribute_type');
    const { firmware } = await ironic.ask<{ firmware: object[] }>('GET', `/v1/nodes/${uuid}/firmware`);
    expect(firmware).toContainEqual(expect.objectContaining({ component: 'bmc', current_version: '1.0' }));
  });

  it('prepares the host: RAID, BIOS settings and firmware in one cleaning', async () => {
    const logical_disks = [{ size_gb: 100, raid_level: '1', is_root_volume: true, volume_name: 'root' }];
    const raid = await ironic.request('PUT', `/v1/nodes/${uuid}/states/raid`, { logical_disks });
    expect(raid.status).toBe(204);
    const clean_steps = [
      { interface: 'raid', step: 'delete_configuration' },
      { interface: 'raid', step: 'create_configuration' },
      {
        interface: 'bios',
        step: 'apply_configuration',
        args: { settings: [{ name: 'ProcTurboMode', value: 'Disabled' }] },
      },
      { interface: 'firmware', step: 'update', args: { settings: [{ component: 'bmc', url: 'http://m3/fw' }] } },
    ];
    expect((await provision('clean', { clean_steps })).status).toBe(202);
    expect(await ironic.untilState(uuid, 'manageable')).toMatchObject({
      last_error: null,
      raid_config: { logical_disks },
    });
  });

  it('provides the host', async () => {
    expect((await provision('provide')).status).toBe(202);
    expect(await ironic.untilState(uuid, 'available')).toMatchObject({ last_error: null, maintenance: false });
  });

  it('sets what to deploy, and finds it valid', async () => {
    const instance_uuid = 'c0ffee00-0000-4000-8000-000000000333';
    const node = await patch(
      ['/instance_uuid', instance_uuid],
      ['/instance_info/image_source', 'http://m3/image.qcow2'],
      ['/instance_info/image_os_hash_algo', 'sha256'],
      ['/instance_info/image_os_hash_value', 'a'.repeat(64)],
      ['/instance_info/image_disk_format', 'qcow2'],
      ['/instance_info/root_device', { name: 's== /dev/sda', size: '>= 20' }],
      ['/instance_info/capabilities', {}],
    );
    expect(node).toMatchObject({
      instance_uuid,
      instance_info: { image_source: 'http://m3/image.qcow2', root_device: { name: 's== /dev/sda' }, capabilities: {} },
    });
    const validation = await ironic.ask('GET', `/v1/nodes/${uuid}/validate`);
    expect(validation).toMatchObject({ boot: { result: true }, deploy: { result: true } });
  });

  it('deploys with an empty config drive', async () => {
    expect((await provision('active', { configdrive: {} })).status).toBe(202);
    expect(await ironic.untilState(uuid, 'active')).toMatchObject({ last_error: null });
  });

  it('switches power', async () => {
    const power = (body: object) => ironic.request('PUT', `/v1/nodes/${uuid}/states/power`, body);
    const until = (state: string) =>
      ironic.until(uuid, `to be "${state}"`, node => node.power_state === state && node.target_power_state === null);
    expect((await power({ target: 'power on' })).status).toBe(202);
    await until('power on');
    expect((await power({ target: 'soft power off', timeout: 180 })).status).toBe(202);
    await until('power off');
    expect((await power({ target: 'power off' })).status).toBe(202);
    expect((await power({ target: 'nosuch' })).status).toBe(400);
  });

  it('services the active host', async () => {
    const service_steps = [
      { interface: 'firmware', step: 'update', args: { settings: [{ component: 'bios', url: 'http://m3/fw' }] } },
    ];
    expect((await provision('service', { service_steps })).status).toBe(202);
    expect(await ironic.untilState(uuid, 'active')).toMatchObject({ last_error: null, fault: null });
  });

  it('attaches an image to the host, and takes it off', async () => {
    const image_url = 'http://m3/data.iso';
    const media = () => ironic.ask<{ image: string; inserted: boolean }[]>('GET', `/v1/nodes/${uuid}/vmedia`);
    const attach = await ironic.request('POST', `/v1/nodes/${uuid}/vmedia`, { device_type: 'cdrom', image_url });
    expect(attach.status).toBe(204);
    await ironic.untilState(uuid, 'active');
    expect(await media()).toEqual([{ media_types: ['CD', 'DVD'], inserted: true, image: image_url }]);
    expect((await ironic.request('DELETE', `/v1/nodes/${uuid}/vmedia?device_types=cdrom`)).status).toBe(204);
    await ironic.untilState(uuid, 'active');
    expect(await media()).toEqual([]);
  });

  it('subscribes to events of the BMC, and unsubscribes', async () => {
    const path = (method: string) => `/v1/nodes/${uuid}/vendor_passthru?method=${method}`;
    const { status, body } = await ironic.request('POST', path('create_subscription'), {
      Destination: 'https://m3.example/events',
      Context: 'metal3',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ Id: expect.any(String), Destination: 'https://m3.example/events', Context: 'metal3' });
    const { Id: id } = body as { Id: string };
    expect((await ironic.request('DELETE', path('delete_subscription'), { id })).status).toBe(200);
  });

  it('deprovisions the host by way of states that it knows', async () => {
    await patch(['/driver_info/fake_vendor_delay', 1]);
    const seen = new Set<string>();
    expect((await provision('deleted')).status).toBe(202);
    const node = await ironic.until(uuid, 'to be available', ({ provision_state }) => {
      seen.add(provision_state);
      return provision_state === 'available';
    });
    expect([...seen].filter(state => !['deleting', 'cleaning', 'clean wait', 'available'].includes(state))).toEqual([]);
    expect(seen).toContain('cleaning');
    expect(node).toMatchObject({ instance_info: {}, instance_uuid: null, last_error: null });
  });

  it('aborts a deployment', async () => {
    await patch(['/driver_info/fake_deploy_wait', 'forever']);
    await provision('active', { configdrive: { meta_data: { name: 'host-1' }, network_data: {}, user_data: 'hush' } });
    await ironic.untilState(uuid, 'wait call-back');
    expect((await provision('abort')).status).toBe(202);
    expect((await ironic.untilState(uuid, 'deploy failed')).last_error).toMatch(/aborted/);
    await patch(['/driver_info/fake_deploy_wait', 0]);
    await ironic.provision(uuid, 'active', 'active', { configdrive: {} });
  });

  it('deletes the active host in maintenance, and registers it again', async () => {
    expect((await ironic.request('DELETE', `/v1/nodes/${uuid}`)).status).toBe(409);
    const reason = 'forcing deletion in baremetal-operator';
    expect((await ironic.request('PUT', `/v1/nodes/${uuid}/maintenance`, { reason })).status).toBe(202);
    expect((await ironic.request('DELETE', `/v1/nodes/${uuid}`)).status).toBe(204);
    expect((await ironic.request('GET', `/v1/nodes/${uuid}`)).status).toBe(404);
    expect(await ironic.ask('GET', `/v1/ports?address=${MAC}`)).toEqual({ ports: [] });
    expect(await ironic.aNode(HOST, 'manageable')).toMatchObject({ name: HOST, provision_state: 'manageable' });
  });

  it('adopts a host that runs', async () => {
    const { uuid: adopted } = await ironic.aNode('metal3~host-2', 'manageable');
    await ironic.ask('PATCH', `/v1/nodes/${adopted}`, [
      { op: 'add', path: '/instance_info/image_source', value: 'http://m3/image.qcow2' },
    ]);
    expect(await ironic.provision(adopted, 'adopt', 'active')).toMatchObject({
      instance_info: { image_source: 'http://m3/image.qcow2' },
      last_error: null,
    });
  });
});

interface Inventory {
  readonly inventory: { readonly cpu: { readonly frequency: unknown } };
  readonly plugin_data: object;
}
