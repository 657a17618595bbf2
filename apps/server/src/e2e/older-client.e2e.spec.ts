import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFerrolog, type FerrologProcess } from './ferrolog-process.js';
import { ironicApi, type IronicApi } from './ironic-api.js';
import { programs, stockClient, type StockClient } from './stock-client.js';

/** The client that Debian 12 comes with: it knows the API up to 1.78 and prints other headings. */
describe('python-ironicclient 5.0.1', () => {
  let server: FerrologProcess;
  let baremetal: StockClient;
  let api: IronicApi;
  beforeAll(async () => {
    server = await startFerrolog();
    baremetal = stockClient(programs.olderBaremetal, server.url, { once: ['--max-retries', '0'] });
    api = ironicApi(server.url, 'latest');
  });
  afterAll(() => server.stop());

  const state = async () => {
    const node = await baremetal.json`node show old --fields provision_state target_provision_state last_error`;
    return node as object;
  };
  const atRest = (provision_state: string) => ({ provision_state, target_provision_state: null, last_error: null });

  it('is 5.0.1', async () => {
    expect(await baremetal.run`--version`).toMatch(/ 5\.0\.1$/m);
  });

  it('creates a node with a port', async () => {
    const node = (await baremetal.json`node create --driver fake-hardware --name old --resource-class baremetal
      --driver-info fake_password=hush --property cpus=4`) as { uuid: string };
    expect(node).toMatchObject({ provision_state: 'enroll', driver_info: { fake_password: '******' } });
    expect(node).not.toHaveProperty('service_step');
    expect(await baremetal.json`port create 52:54:00:88:00:01 --node ${node.uuid}`).toMatchObject({
      address: '52:54:00:88:00:01',
      node_uuid: node.uuid,
    });
  });

  it('manages, inspects and provides it', async () => {
    await baremetal.run`node manage old --wait 60`;
    await baremetal.run`node inspect old`;
    await api.until('old', 'to be inspected', node => node.inspection_finished_at !== null);
    expect(await state()).toEqual(atRest('manageable'));
    await baremetal.run`node provide old`;
    await api.untilState('old', 'available');
    expect(await state()).toEqual(atRest('available'));
  });

  it('lists it', async () => {
    expect(await baremetal.json`node list --provision-state available --resource-class baremetal`).toEqual([
      {
        UUID: expect.stringMatching(/^[0-9a-f-]{36}$/),
        Name: 'old',
        'Instance UUID': null,
        'Power State': null,
        'Provisioning State': 'available',
        Maintenance: false,
      },
    ]);
    expect(await baremetal.json`node list --provision-state active`).toEqual([]);
  });

  it('deploys it', async () => {
    await baremetal.run`node deploy old --config-drive ${{ user_data: 'hush' }}`;
    await api.untilState('old', 'active');
    expect(await state()).toEqual(atRest('active'));
    await baremetal.run`node power on old`;
    await baremetal.run`node add trait old CUSTOM_OLD`;
    expect(await baremetal.json`node trait list old`).toEqual([{ Traits: 'CUSTOM_OLD' }]);
  });

  it('reads its history', async () => {
    const history = (await baremetal.json`node history list old`) as { Severity: string }[];
    expect(history.length).toBeGreaterThanOrEqual(4);
    expect(new Set(history.map(({ Severity }) => Severity))).toEqual(new Set(['INFO']));
  });

  it('is refused what cannot be', async () => {
    expect(await baremetal.refused`node delete old`).toMatch(/while it is in provision state "active".*HTTP 409/);
    expect(await baremetal.refused`node show nosuch`).toMatch(/^Node nosuch could not be found\. \(HTTP 404\)/);
  });

  it('undeploys and deletes it', async () => {
    await baremetal.run`node undeploy old --wait 60`;
    expect(await state()).toEqual(atRest('available'));
    expect(await baremetal.run`node delete old`).toBe('Deleted node old\n');
    expect(await baremetal.json`node list`).toEqual([]);
  });
});
