import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFerrolog, type FerrologProcess } from './ferrolog-process.js';
import { ironicApi, type IronicApi } from './ironic-api.js';
import { baremetalClient, type StockClient } from './stock-client.js';

/** What a user reads who asks for what cannot be: Ironic's words, and a request id to look for. */
describe('mistakes', () => {
  let server: FerrologProcess;
  let baremetal: StockClient;
  let api: IronicApi;
  beforeAll(async () => {
    server = await startFerrolog();
    baremetal = baremetalClient(server.url);
    api = ironicApi(server.url, 'latest');
  });
  afterAll(() => server.stop());

  const requestId = /\(Request-ID: req-[0-9a-f-]{36}\)/;

  it.concurrent('a node that there is not', async () => {
    const complaint = await baremetal.refused`node deploy nosuch`;
    expect(complaint).toMatch(/^Node nosuch could not be found\. \(HTTP 404\) \(Request-ID: /);
    expect(complaint).toMatch(requestId);
    expect(await baremetal.refused`node delete nosuch`).toMatch(
      /^Failed to delete node nosuch: Node nosuch could not be found\. \(HTTP 404\)/,
    );
  });

  it.concurrent('a verb that does not go with the state', async () => {
    const { uuid } = await api.aNode('active', 'active');
    expect(await baremetal.refused`node provide active`).toContain(
      `The requested action "provide" can not be performed on node "${uuid}" while it is in state "active". (HTTP 400)`,
    );
    await api.aNode('enrolled', 'enroll');
    expect(await baremetal.refused`node deploy enrolled`).toMatch(
      /^The requested action "active" can not be performed on node ".*" while it is in state "enroll"\. \(HTTP 400\)/,
    );
  });

  it.concurrent('deleting a node that is in use', async () => {
    const { uuid } = await api.aNode('in-use', 'active');
    expect(await baremetal.refused`node delete in-use`).toContain(
      `Failed to delete node in-use: Can not delete node "${uuid}" while it is in provision state "active". ` +
        `Valid provision states to perform deletion are: "('manageable', 'enroll', 'adopt failed', 'available')", ` +
        'or set the node into maintenance mode (HTTP 409)',
    );
    expect(await api.node('in-use')).toMatchObject({ provision_state: 'active' });
  });

  it.concurrent('a driver that there is not', async () => {
    expect(await baremetal.refused`node create --driver nosuch`).toContain(
      'No valid host was found. Reason: No conductor service registered which supports driver nosuch for conductor ' +
        'group "". Ensure the driver is valid and enabled. (HTTP 400)',
    );
    await api.aNode('driven', 'enroll');
    expect(await baremetal.refused`node set driven --driver nosuch`).toMatch(/supports driver nosuch.*HTTP 400/);
    expect(await baremetal.refused`node set driven --conductor-group nowhere`).toMatch(
      /supports driver fake-hardware for conductor group "nowhere".*HTTP 400/,
    );
    expect(await baremetal.refused`node set driven --boot-interface nosuch`).toMatch(/nosuch.*HTTP 400/);
    expect(await api.node('driven')).toMatchObject({ driver: 'fake-hardware', boot_interface: 'fake' });
  });

  it.concurrent('a name, a UUID or an instance that another node has', async () => {
    const instance_uuid = 'c0ffee00-0000-4000-8000-0000000000d1';
    const { uuid } = await api.aNode('taken', 'enroll', { instance_uuid });
    await api.aNode('taker', 'enroll');
    expect(await baremetal.refused`node create --driver fake-hardware --name taken`).toMatch(
      /A node with name taken already exists\. \(HTTP 409\)/,
    );
    expect(await baremetal.refused`node create --driver fake-hardware --uuid ${uuid}`).toMatch(/HTTP 409/);
    expect(await baremetal.refused`node set taker --name taken`).toMatch(
      /A node with name taken already exists\. \(HTTP 409\)/,
    );
    expect(await baremetal.refused`node set taker --instance-uuid ${instance_uuid}`).toMatch(
      `Instance ${instance_uuid} is already associated with a node, it cannot be associated with this other node`,
    );
    expect(await api.node('taker')).toMatchObject({ name: 'taker', instance_uuid: null });
  });

  it.concurrent('names that cannot be', async () => {
    expect(await baremetal.refused`node create --driver fake-hardware --name ${'no spaces'}`).toMatch(/HTTP 400/);
    expect(await baremetal.refused`node create --driver fake-hardware --name detail`).toMatch(/HTTP 400/);
  });

  it.concurrent('flags of nodes in the wrong state', async () => {
    await api.aNode('resting', 'available');
    expect(await baremetal.refused`node set resting --protected`).toMatch(/HTTP 409/);
    expect(await baremetal.refused`node set resting --retired`).toMatch(/HTTP 409/);
    expect(await api.node('resting')).toMatchObject({ protected: false, retired: false });
  });

  it.concurrent('taking away what is not there', async () => {
    await api.aNode('bare', 'enroll');
    expect(await baremetal.refused`node unset bare --extra nosuch`).toMatch(/nosuch.*HTTP 400/);
  });

  it.concurrent('a config drive that is none', async () => {
    await api.aNode('driveless', 'available');
    expect(await baremetal.refused`node deploy driveless --config-drive ${{ nonsense: 1 }}`).toMatch(/HTTP 400/);
    expect(await api.node('driveless')).toMatchObject({ provision_state: 'available' });
  });

  it.concurrent('steps that cannot be', async () => {
    const { uuid } = await api.aNode('stepless', 'manageable');
    const clean = (step: object) => baremetal.refused`node clean stepless --clean-steps ${[step]}`;
    expect(await clean({ interface: 'deploy' })).toMatch(/HTTP 400/);
    expect(await clean({ interface: 'nosuch', step: 'erase_devices' })).toMatch(/HTTP 400/);
    expect(await clean({ interface: 'deploy', step: 'erase_devices', priority: 10 })).toMatch(/HTTP 400/);
    expect(await api.node(uuid)).toMatchObject({ provision_state: 'manageable', last_error: null });
    await api.provision('stepless', 'provide', 'available');
    expect(
      await baremetal.refused`node deploy stepless --deploy-steps ${[
        { interface: 'bios', step: 'nosuch', args: {}, priority: 150 },
      ]}`,
    ).toMatch(/HTTP 400/);
  });

  it.concurrent('a version of the API that there is not, or that is too old', async () => {
    await api.aNode('versioned', 'manageable');
    expect(await baremetal.refused`--os-baremetal-api-version 1.999 node list`).toMatch(/1\.115/);
    const old = (await baremetal.json`--os-baremetal-api-version 1.30 node show versioned`) as object;
    expect(old).toMatchObject({ name: 'versioned', provision_state: 'manageable' });
    expect(old).not.toHaveProperty('traits');
    expect(await baremetal.refused`--os-baremetal-api-version 1.30 node trait list versioned`).toMatch(/HTTP 404/);
    expect(await baremetal.refused`--os-baremetal-api-version 1.30 node list --retired`).toMatch(
      /^Requested API version 1\.30 is not supported/,
    );
  });
});

/** A client is told to come back later, but not when: python-ironicclient breaks on answers with Retry-After. */
describe('a service that cleans one node at a time', () => {
  let server: FerrologProcess;
  let baremetal: StockClient;
  let api: IronicApi;
  beforeAll(async () => {
    server = await startFerrolog({ FERROLOG_MAX_CONCURRENT_CLEAN: '1' });
    baremetal = baremetalClient(server.url);
    api = ironicApi(server.url, 'latest');
  });
  afterAll(() => server.stop());

  it('refuses a second one until the first is done', async () => {
    const clean_steps = [{ interface: 'deploy', step: 'erase_devices_metadata' }];
    await api.aNode('waiting', 'manageable', { driver_info: { fake_deploy_wait: 'forever' } });
    await api.provision('waiting', 'clean', 'clean wait', { clean_steps });
    await api.aNode('next', 'manageable');
    expect(await baremetal.refused`node clean next --clean-steps ${clean_steps}`).toContain(
      'The maximum number (1) of concurrent operations has been reached. (HTTP 503)',
    );
    await api.provision('waiting', 'abort', 'clean failed');
    await baremetal.run`node clean next --clean-steps ${clean_steps}`;
    expect(await api.untilState('next', 'manageable')).toMatchObject({ last_error: null });
  });
});
