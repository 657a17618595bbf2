import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startFerrolog, type FerrologProcess } from './ferrolog-process.js';
import { ironicApi, type IronicApi } from './ironic-api.js';
import { baremetalClient, type StockClient } from './stock-client.js';

const waitingFor = (state: string, node: string) => `Waiting for provision state ${state} on node(s) ${node}\n`;
const turbo = (value: string) => ({ settings: [{ name: 'ProcTurboMode', value }] });

/** Every verb of provisioning, by a client that waits for its end. Each on a node of its own, brought where the verb begins. */
describe('the life of a node', () => {
  let server: FerrologProcess;
  let baremetal: StockClient;
  let api: IronicApi;
  beforeAll(async () => {
    server = await startFerrolog();
    baremetal = baremetalClient(server.url);
    api = ironicApi(server.url, 'latest');
  });
  afterAll(() => server.stop());

  const files = mkdtempSync(join(tmpdir(), 'ferrolog-files-'));
  const aFile = (name: string, content: string) => {
    writeFileSync(join(files, name), content);
    return join(files, name);
  };
  afterAll(() => rmSync(files, { recursive: true }));

  /** What is shown of a node that rests: no target, nothing at work, no error. */
  const atRest = (state: string) => ({
    provision_state: state,
    target_provision_state: null,
    last_error: null,
    reservation: null,
    maintenance: false,
    clean_step: {},
    deploy_step: {},
    service_step: {},
  });
  const steps = async (node: string) => {
    const entries = (await baremetal.json`node history list ${node} --long`) as HistoryEntry[];
    return entries.map(({ severity, event_type, state }) => `${severity} ${event_type} ${state}`);
  };

  it.concurrent('manage: from enrolment, by verification', async () => {
    await api.aNode('managed', 'enroll');
    expect(await baremetal.run`node manage managed --wait 60`).toBe(waitingFor('manageable', 'managed'));
    expect(await api.node('managed')).toMatchObject(atRest('manageable'));
    expect(await baremetal.json`node firmware list managed`).toHaveLength(2);
  });

  it.concurrent('manage: a machine that does not answer stays enrolled, and says why', async () => {
    await api.aNode('unverified', 'enroll', { driver_info: { fake_power_fail: 'get_power_state' } });
    expect(await baremetal.refused`node manage unverified --wait 60`).toMatch(
      /^Node unverified failed to reach state manageable\. It's in unexpected stable state enroll/,
    );
    expect(await api.node('unverified')).toMatchObject({
      provision_state: 'enroll',
      last_error: expect.stringMatching(/fake power interface was told to fail/),
      maintenance: false,
    });
  });

  it.concurrent('inspect: finds what the machine has', async () => {
    const { uuid } = await api.aNode('inspected', 'manageable', { properties: { cpus: 12 } });
    await api.ask('POST', '/v1/ports', { node_uuid: uuid, address: '52:54:00:11:00:01' });
    await baremetal.run`node inspect inspected --wait 60`;
    expect(await api.node('inspected')).toMatchObject({
      ...atRest('manageable'),
      properties: { cpu_arch: 'x86_64', memory_mb: 8192, local_gb: 40 },
      inspection_started_at: null,
      inspection_finished_at: expect.stringMatching(/^2/),
    });
    const { inventory, plugin_data } = JSON.parse(await baremetal.run`node inventory save inspected`) as Inventory;
    expect(inventory.interfaces).toEqual([expect.objectContaining({ mac_address: '52:54:00:11:00:01' })]);
    expect(inventory).toMatchObject({ cpu: { count: 12 }, memory: { physical_mb: 8192 } });
    expect(plugin_data).toHaveProperty('all_interfaces');
  });

  it.concurrent('clean: runs the steps that are asked for, in their order', async () => {
    await api.aNode('cleaned', 'manageable', { extra: {} });
    await api.ask('PUT', '/v1/nodes/cleaned/states/raid', { logical_disks: [{ size_gb: 100, raid_level: '1' }] });
    await baremetal.run`node clean cleaned --wait 60 --clean-steps ${[
      { interface: 'deploy', step: 'erase_devices_metadata' },
      { interface: 'raid', step: 'create_configuration' },
      { interface: 'bios', step: 'apply_configuration', args: turbo('Disabled') },
    ]}`;
    expect(await api.node('cleaned')).toMatchObject({
      ...atRest('manageable'),
      raid_config: { logical_disks: [{ size_gb: 100, raid_level: '1' }] },
    });
    expect(await baremetal.json`node bios setting show cleaned ProcTurboMode`).toMatchObject({ value: 'Disabled' });
    expect(await steps('cleaned')).toEqual([
      'INFO manual_cleaning_start cleaning',
      'INFO manual_cleaning_end cleaning',
    ]);
  });

  it.concurrent('clean: a step that there is not fails, says so, and is got over by manage', async () => {
    const { uuid } = await api.aNode('misstepped', 'manageable');
    const error = `Cannot clean node ${uuid}: node does not support this clean step: {'interface': 'deploy', 'step': 'nosuch'}`;
    const clean = baremetal.refused`node clean misstepped --clean-steps ${[
      { interface: 'deploy', step: 'nosuch' },
    ]} --wait 60`;
    expect(await clean).toContain(`It's in state clean failed, and has error: ${error}`);
    expect(
      await baremetal.json`node show misstepped --fields provision_state target_provision_state last_error maintenance`,
    ).toEqual({
      provision_state: 'clean failed',
      target_provision_state: 'manageable',
      last_error: error,
      maintenance: false,
    });
    expect(await baremetal.refused`node provide misstepped`).toContain(
      `The requested action "provide" can not be performed on node "${uuid}" while it is in state "clean failed".`,
    );
    await baremetal.run`node manage misstepped --wait 60`;
    expect(await api.node('misstepped')).toMatchObject({ ...atRest('manageable'), last_error: error });
  });

  it.concurrent('clean: a step that fails leaves the node in maintenance', async () => {
    await api.aNode('half-cleaned', 'manageable', { driver_info: { fake_deploy_fail: 'erase_devices_metadata' } });
    await baremetal.run`node clean half-cleaned --clean-steps ${[
      { interface: 'deploy', step: 'erase_devices_metadata' },
    ]}`;
    await api.untilState('half-cleaned', 'clean failed');
    expect(
      await baremetal.json`node show half-cleaned --fields maintenance maintenance_reason fault last_error`,
    ).toEqual({
      maintenance: true,
      maintenance_reason: expect.stringContaining('told to fail'),
      fault: 'clean failure',
      last_error: expect.stringContaining('told to fail'),
    });
    await baremetal.run`node manage half-cleaned`;
    expect(await api.untilState('half-cleaned', 'manageable')).toMatchObject({ maintenance: true });
    await baremetal.run`node maintenance unset half-cleaned`;
    expect(await api.node('half-cleaned')).toMatchObject({ maintenance: false, fault: null, maintenance_reason: null });
  });

  it.concurrent('provide: cleans the machine on its way', async () => {
    await api.aNode('provided', 'manageable');
    expect(await baremetal.run`node provide provided --wait 60`).toBe(waitingFor('available', 'provided'));
    expect(await api.node('provided')).toMatchObject(atRest('available'));
    expect(await steps('provided')).toEqual([
      'INFO automated_cleaning_start cleaning',
      'INFO automated_cleaning_end cleaning',
    ]);
  });

  it.concurrent('deploy: with a config drive that the server builds, and steps of the user', async () => {
    await api.aNode('deployed', 'available');
    const drive = { meta_data: { hostname: 'web-1', password: 'hush' }, user_data: 'echo hush' };
    const turboOn = { interface: 'bios', step: 'apply_configuration', priority: 150, args: turbo('Disabled') };
    await baremetal.run`node deploy deployed --wait 60 --config-drive ${drive} --deploy-steps ${[turboOn]}`;
    expect(await api.node('deployed')).toMatchObject({
      ...atRest('active'),
      instance_info: { configdrive: '******' },
    });
    expect(await baremetal.json`node bios setting show deployed ProcTurboMode`).toMatchObject({ value: 'Disabled' });
    expect(await steps('deployed')).toEqual(
      expect.arrayContaining(['INFO deployment_start deploying', 'INFO deployment_end deploying']),
    );
  });

  it.concurrent('rebuild: with a config drive and steps from files', async () => {
    await api.aNode('rebuilt', 'active');
    const drive = aFile('drive', gzipSync('an ISO image').toString('base64'));
    const reset = { interface: 'bios', step: 'apply_configuration', priority: 90, args: turbo('Disabled') };
    const steps = aFile('steps.yaml', JSON.stringify([reset]));
    await baremetal.run`node rebuild rebuilt --wait 60 --config-drive ${drive} --deploy-steps ${steps}`;
    expect(await baremetal.json`node bios setting show rebuilt ProcTurboMode`).toMatchObject({ value: 'Disabled' });
    expect(await api.node('rebuilt')).toMatchObject({
      ...atRest('active'),
      instance_info: { configdrive: '******' },
    });
  });

  it.concurrent('rescue and unrescue', async () => {
    await api.aNode('rescued', 'active');
    expect(await baremetal.run`node rescue rescued --rescue-password hush --wait 60`).toBe(
      waitingFor('rescue', 'rescued'),
    );
    const rescued = await api.node('rescued');
    expect(rescued).toMatchObject(atRest('rescue'));
    expect(JSON.stringify(rescued)).not.toContain('hush');
    await baremetal.run`node unrescue rescued`;
    expect(await api.untilState('rescued', 'active')).toMatchObject(atRest('active'));
  });

  it.concurrent('unrescue: waits for the instance', async () => {
    await api.aNode('unrescued', 'active');
    await api.provision('unrescued', 'rescue', 'rescue', { rescue_password: 'hush' });
    expect(await baremetal.run`node unrescue unrescued --wait 60`).toBe(waitingFor('active', 'unrescued'));
    expect(await api.node('unrescued')).toMatchObject(atRest('active'));
  });

  it.concurrent('service: runs steps on an active node', async () => {
    await api.aNode('serviced', 'active');
    await baremetal.run`node service serviced --wait 60 --service-steps ${[
      { interface: 'firmware', step: 'update', args: { settings: [{ component: 'bmc', url: 'http://fw.example/1' }] } },
    ]}`;
    expect(await api.node('serviced')).toMatchObject(atRest('active'));
    expect(await baremetal.json`node firmware list serviced`).toContainEqual(
      expect.objectContaining({ component: 'bmc', initial_version: '1.0', current_version: '2.0' }),
    );
  });

  it.concurrent('undeploy: takes all of the instance away', async () => {
    const instance_uuid = 'c0ffee00-0000-4000-8000-0000000000a1';
    await api.aNode('undeployed', 'available', { instance_info: { image_source: 'http://images.example/a' } });
    await api.ask('PATCH', '/v1/nodes/undeployed', [{ op: 'add', path: '/instance_uuid', value: instance_uuid }]);
    await api.provision('undeployed', 'active', 'active', { configdrive: { user_data: 'hush' } });
    expect(await baremetal.run`node undeploy undeployed --wait 60`).toBe(waitingFor('available', 'undeployed'));
    expect(await api.node('undeployed')).toMatchObject({
      ...atRest('available'),
      instance_info: {},
      instance_uuid: null,
      instance_name: null,
    });
  });

  it.concurrent('adopt: takes a machine over as it runs', async () => {
    await api.aNode('adopted', 'manageable');
    expect(await baremetal.run`node adopt adopted --wait 60`).toBe(waitingFor('active', 'adopted'));
    expect(await api.node('adopted')).toMatchObject(atRest('active'));
  });

  it.concurrent('waits for several nodes at once', async () => {
    await Promise.all([api.aNode('pair-1', 'enroll'), api.aNode('pair-2', 'enroll')]);
    expect(await baremetal.run`node manage pair-1 pair-2 --wait 60`).toBe(waitingFor('manageable', 'pair-1, pair-2'));
    expect([await api.node('pair-1'), await api.node('pair-2')]).toMatchObject([
      atRest('manageable'),
      atRest('manageable'),
    ]);
  });

  it.concurrent('a retired node comes back to manageable, and is not provided', async () => {
    const { uuid } = await api.aNode('veteran', 'active');
    await baremetal.run`node set veteran --retired --retired-reason ${'end of lease'}`;
    await baremetal.run`node undeploy veteran`;
    expect(await api.untilState('veteran', 'manageable')).toMatchObject({ ...atRest('manageable'), retired: true });
    expect(await baremetal.refused`node provide veteran`).toContain(
      `The providing operation can't be performed on node ${uuid} because it is retired. (HTTP 400)`,
    );
  });

  it.concurrent('a protected node is kept from harm', async () => {
    const { uuid } = await api.aNode('pet', 'active');
    await baremetal.run`node set pet --protected --protected-reason ${'holds the database'}`;
    expect(await baremetal.refused`node undeploy pet`).toMatch(`Node ${uuid} is protected and can not be undeployed.`);
    expect(await baremetal.refused`node rebuild pet`).toMatch(/protected.*HTTP 403/);
    await baremetal.run`node maintenance set pet`;
    expect(await baremetal.refused`node delete pet`).toMatch(/protected.*HTTP 403/);
    await baremetal.run`node unset pet --protected`;
    expect(await api.node('pet')).toMatchObject({ protected: false, protected_reason: null });
    await baremetal.run`node delete pet`;
    expect((await api.request('GET', '/v1/nodes/pet')).status).toBe(404);
  });

  it.concurrent('tells its history, entry by entry', async () => {
    await api.aNode('told', 'available', { driver_info: { fake_deploy_fail: 'deploy' } });
    await baremetal.run`node deploy told`;
    const { last_error } = await api.untilState('told', 'deploy failed');
    const entries = (await baremetal.json`node history list told`) as HistoryEntry[];
    const error = entries.find(({ severity }) => severity === 'ERROR')!;
    expect(error).toMatchObject({ event: last_error });
    expect(await baremetal.json`node history get told ${error.uuid}`).toMatchObject({
      uuid: error.uuid,
      severity: 'ERROR',
      event_type: 'deploying',
      event: last_error,
      state: 'deploying',
      target_provision_state: 'active',
    });
  });
});

interface HistoryEntry {
  readonly uuid: string;
  readonly severity: string;
  readonly event_type: string;
  readonly event: string;
  readonly state: string;
}

interface Inventory {
  readonly inventory: { readonly interfaces: readonly object[] };
  readonly plugin_data: object;
}
