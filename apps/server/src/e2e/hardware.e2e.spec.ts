import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFerrolog, type FerrologProcess } from './ferrolog-process.js';
import { ironicApi, type IronicApi } from './ironic-api.js';
import { baremetalClient, type StockClient } from './stock-client.js';

/** What is done with a machine, and known about it, beside provisioning. */
describe('a machine', () => {
  let server: FerrologProcess;
  let baremetal: StockClient;
  let api: IronicApi;
  beforeAll(async () => {
    server = await startFerrolog();
    baremetal = baremetalClient(server.url);
    api = ironicApi(server.url, 'latest');
  });
  afterAll(() => server.stop());

  const untilPower = (node: string, state: string) =>
    api.until(node, `to be "${state}"`, ({ power_state, target_power_state }) => {
      return power_state === state && target_power_state === null;
    });

  it.concurrent('is switched on and off', async () => {
    await api.aNode('switched', 'manageable');
    expect(await baremetal.run`node power on switched`).toBe('');
    await untilPower('switched', 'power on');
    await baremetal.run`node power off switched --power-timeout 30`;
    await untilPower('switched', 'power off');
  });

  it.concurrent('is shut down by its operating system', async () => {
    await api.aNode('asked', 'active');
    await api.ask('PUT', '/v1/nodes/asked/states/power', { target: 'power on' });
    await untilPower('asked', 'power on');
    await baremetal.run`node power off asked --soft --power-timeout 30`;
    await untilPower('asked', 'power off');
  });

  it.concurrent('is started again', async () => {
    await api.aNode('restarted', 'active');
    await baremetal.run`node reboot restarted`;
    const { driver_internal_info: first } = await untilPower('restarted', 'power on');
    await baremetal.run`node reboot restarted --soft --power-timeout 30`;
    await api.until('restarted', 'to have been started again', ({ driver_internal_info }) => {
      return JSON.stringify(driver_internal_info) !== JSON.stringify(first);
    });
    expect(await untilPower('restarted', 'power on')).toMatchObject({ last_error: null });
  });

  it.concurrent('that does not obey leaves an error, and no maintenance', async () => {
    await api.aNode('deaf', 'manageable', { driver_info: { fake_power_fail: 'set_power_state' } });
    await baremetal.run`node power on deaf`;
    expect(await api.until('deaf', 'to have an error', ({ last_error }) => last_error !== null)).toMatchObject({
      last_error: expect.stringMatching(/^Failed to change power state to 'power on'.*told to fail/),
      power_state: null,
      target_power_state: null,
      maintenance: false,
    });
    expect(await baremetal.json`node history list deaf`).toEqual([
      expect.objectContaining({ severity: 'ERROR', event: expect.stringMatching(/^Failed to change power state/) }),
    ]);
  });

  it.concurrent('that must not be switched off is not', async () => {
    const { uuid } = await api.aNode('always-on', 'manageable', { disable_power_off: true });
    expect(await baremetal.refused`node power off always-on`).toMatch(
      `node ${uuid} has disable_power_off set. (HTTP 409)`,
    );
    await baremetal.run`node set always-on --enable-power-off`;
    await baremetal.run`node power off always-on`;
    await untilPower('always-on', 'power off');
  });

  it.concurrent('is set in maintenance, and back', async () => {
    await api.aNode('broken', 'manageable');
    await baremetal.run`node maintenance set broken --reason ${'disk swap'}`;
    expect(await baremetal.json`node show broken --fields maintenance maintenance_reason`).toEqual({
      maintenance: true,
      maintenance_reason: 'disk swap',
    });
    expect(await baremetal.refused`node clean broken --clean-steps ${[{ interface: 'deploy', step: 'hold' }]}`).toMatch(
      /because it's in maintenance mode\. \(HTTP 400\)/,
    );
    await baremetal.run`node maintenance unset broken`;
    expect(await api.node('broken')).toMatchObject({ maintenance: false, maintenance_reason: null });
  });

  it.concurrent('boots from what it is told to', async () => {
    await api.aNode('booted', 'manageable');
    expect(await baremetal.json`node boot device show booted --supported`).toEqual({
      supported_boot_devices: 'pxe, disk, cdrom, bios, safe',
    });
    expect(await baremetal.json`node boot device show booted`).toEqual({ boot_device: 'pxe', persistent: false });
    await baremetal.run`node boot device set booted disk --persistent`;
    expect(await baremetal.json`node boot device show booted`).toEqual({ boot_device: 'disk', persistent: true });
    expect(await baremetal.refused`node boot device set booted wanboot`).toMatch(
      /^Invalid boot device wanboot specified\. \(HTTP 400\)/,
    );
  });

  it.concurrent('boots in the mode that it is told to, securely or not', async () => {
    await api.aNode('secure', 'manageable');
    await baremetal.run`node boot mode set secure uefi`;
    await api.until('secure', 'to boot by UEFI', ({ boot_mode }) => boot_mode === 'uefi');
    await baremetal.run`node secure boot on secure`;
    await api.until('secure', 'to boot securely', ({ secure_boot }) => secure_boot === true);
    await baremetal.run`node secure boot off secure`;
    await api.until('secure', 'to boot as before', ({ secure_boot }) => secure_boot === false);
    expect(await baremetal.json`node show secure --fields boot_mode secure_boot`).toEqual({
      boot_mode: 'uefi',
      secure_boot: false,
    });
  });

  it.concurrent('is interrupted', async () => {
    await api.aNode('hung', 'manageable');
    expect(await baremetal.run`node inject nmi hung`).toBe('');
    const { events } = await api.ask<Timeline>('GET', '/ferrolog/v1/nodes/hung/timeline');
    expect(events.map(({ type }) => type)).toContain('NmiInjectionCompleted');
  });

  it.concurrent('has a console', async () => {
    await api.aNode('console', 'manageable');
    expect(await baremetal.json`node console show console`).toEqual({ console_enabled: false, console_info: null });
    await baremetal.run`node console enable console`;
    await api.until('console', 'to have its console', ({ console_enabled }) => console_enabled === true);
    expect(await baremetal.json`node console show console`).toMatchObject({ console_enabled: true });
    await baremetal.run`node console disable console`;
    await api.until('console', 'to have none', ({ console_enabled }) => console_enabled === false);
  });

  it.concurrent('has traits', async () => {
    const { uuid } = await api.aNode('talented', 'enroll');
    expect(await baremetal.run`node add trait talented CUSTOM_GOLD HW_CPU_X86_VMX`).toBe(
      'Added trait CUSTOM_GOLD\nAdded trait HW_CPU_X86_VMX\n',
    );
    expect(await baremetal.json`node trait list talented`).toEqual([
      { traits: 'CUSTOM_GOLD' },
      { traits: 'HW_CPU_X86_VMX' },
    ]);
    expect(await baremetal.refused`node add trait talented custom_lower`).toMatch(/Invalid trait 'custom_lower'/);
    expect(await baremetal.run`node remove trait talented CUSTOM_GOLD`).toBe('Removed trait CUSTOM_GOLD\n');
    expect(await baremetal.refused`node remove trait talented CUSTOM_GOLD`).toContain(
      `Failed to remove trait CUSTOM_GOLD: Node ${uuid} doesn't have a trait 'CUSTOM_GOLD' (HTTP 404)`,
    );
    await baremetal.run`node remove trait talented --all`;
    expect(await api.node('talented')).toMatchObject({ traits: [] });
  });

  it.concurrent('has BIOS settings', async () => {
    await api.aNode('settings', 'manageable');
    expect(await baremetal.json`node bios setting list settings`).toEqual([
      { name: 'BootMode', value: 'Uefi' },
      { name: 'ProcTurboMode', value: 'Enabled' },
      { name: 'ProcVirtualization', value: 'Enabled' },
    ]);
    expect(await baremetal.json`node bios setting list settings --long`).toContainEqual(
      expect.objectContaining({ name: 'BootMode', attribute_type: 'Enumeration', allowable_values: ['Bios', 'Uefi'] }),
    );
    expect(await baremetal.json`node bios setting show settings BootMode`).toMatchObject({
      name: 'BootMode',
      value: 'Uefi',
      read_only: false,
      reset_required: true,
    });
    expect(await baremetal.refused`node bios setting show settings nosuch`).toMatch(
      /^Node settings doesn't have a BIOS setting 'nosuch' \(HTTP 404\)/,
    );
  });

  it.concurrent('has firmware', async () => {
    await api.aNode('firmware', 'manageable');
    expect(await baremetal.json`node firmware list firmware`).toEqual([
      expect.objectContaining({ component: 'bios', initial_version: '1.0', current_version: '1.0' }),
      expect.objectContaining({ component: 'bmc', last_version_flashed: null }),
    ]);
  });

  it.concurrent('has an inventory once it was inspected', async () => {
    const { uuid } = await api.aNode('known', 'manageable');
    expect(await baremetal.refused`node inventory save known`).toMatch(`No inventory for node ${uuid}`);
    await api.provision('known', 'inspect', 'manageable');
    const folder = mkdtempSync(join(tmpdir(), 'ferrolog-inventory-'));
    const file = join(folder, 'known.json');
    await baremetal.run`node inventory save known --file ${file}`;
    const saved = JSON.parse(readFileSync(file, 'utf8')) as object;
    rmSync(folder, { recursive: true });
    expect(saved).toMatchObject({ inventory: { disks: [{ name: '/dev/sda' }], boot: { current_boot_mode: 'uefi' } } });
  });

  it.concurrent('is attached to networks', async () => {
    const { uuid } = await api.aNode('networked', 'manageable');
    expect(await baremetal.refused`node vif attach networked vif-1`).toMatch(/not enough free physical ports/);
    const port = await api.ask<{ uuid: string }>('POST', '/v1/ports', {
      node_uuid: uuid,
      address: '52:54:00:22:00:01',
    });
    await baremetal.run`node vif attach networked vif-1 --port-uuid ${port.uuid}`;
    expect(await baremetal.json`node vif list networked`).toEqual([{ id: 'vif-1' }]);
    expect(await baremetal.json`port show ${port.uuid} --fields internal_info`).toEqual({
      internal_info: { tenant_vif_port_id: 'vif-1' },
    });
    expect(await baremetal.refused`node vif attach networked vif-1`).toMatch(/vif-1 is already attached.*HTTP 409/);
    await baremetal.run`node vif detach networked vif-1`;
    expect(await baremetal.json`node vif list networked`).toEqual([]);
    expect(await baremetal.refused`node vif detach networked vif-1`).toMatch(/is not attached to it\. \(HTTP 400\)/);
  });

  it.concurrent('is reached by the methods of its vendor', async () => {
    await api.aNode('special', 'manageable');
    expect(await baremetal.json`node passthru list special`).toContainEqual({
      Name: 'second_method',
      'Supported HTTP methods': 'POST',
      Async: true,
      Description: expect.stringMatching(/./),
      'Response is attachment': false,
    });
    expect(await baremetal.run`node passthru call special second_method --arg bar=woof`).toBe('');
    expect(
      await baremetal.run`node passthru call special create_subscription --arg Destination=https://a.example`,
    ).toMatch(/'Destination': 'https:\/\/a\.example'/);
    expect(await baremetal.run`node passthru call special get_all_subscriptions --http-method GET`).toBe(
      "{'Members': []}\n",
    );
    expect(await baremetal.refused`node passthru call special nosuch`).toMatch(/^No handler for method nosuch/);
    expect(await baremetal.refused`node passthru call special second_method --http-method DELETE`).toMatch(
      /second_method does not support HTTP DELETE/,
    );
  });
});

interface Timeline {
  readonly events: readonly { readonly type: string }[];
}
