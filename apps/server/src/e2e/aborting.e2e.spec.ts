import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFerrolog, type FerrologProcess } from './ferrolog-process.js';
import { ironicApi, type IronicApi } from './ironic-api.js';
import { baremetalClient, type StockClient } from './stock-client.js';

/** Ways out of everything that waits or is held. The fake machines wait for ever; only a user can end it. */
describe('what waits', () => {
  let server: FerrologProcess;
  let baremetal: StockClient;
  let api: IronicApi;
  beforeAll(async () => {
    server = await startFerrolog();
    baremetal = baremetalClient(server.url);
    api = ironicApi(server.url, 'latest');
  });
  afterAll(() => server.stop());

  const waitsForEver = (type: string) => ({ driver_info: { [`fake_${type}_wait`]: 'forever' } });
  const step = (name: string, more = {}) => [{ interface: 'deploy', step: name, ...more }];
  const unharmed = { reservation: null, maintenance: false, fault: null };
  const aborted = (operation: string, during: string) =>
    `By request, the ${operation} operation was aborted during or after the completion of step "${during}".`;

  it.concurrent('clean wait, in a step that may be interrupted: abort', async () => {
    await api.aNode('clean-wait', 'manageable', waitsForEver('deploy'));
    await baremetal.run`node clean clean-wait --clean-steps ${step('erase_devices_metadata')}`;
    expect(await api.untilState('clean-wait', 'clean wait')).toMatchObject({
      target_provision_state: 'manageable',
      clean_step: { interface: 'deploy', step: 'erase_devices_metadata' },
    });
    await baremetal.run`node abort clean-wait`;
    expect(await api.untilState('clean-wait', 'clean failed')).toMatchObject({
      ...unharmed,
      target_provision_state: 'manageable',
      clean_step: {},
      last_error: aborted('clean', 'deploy.erase_devices_metadata'),
    });
    await baremetal.run`node manage clean-wait`;
    await api.untilState('clean-wait', 'manageable');
  });

  it.concurrent('clean wait, in a step that may not: the abort is noted for its end', async () => {
    await api.aNode('stubborn', 'manageable', waitsForEver('vendor'));
    await baremetal.run`node provide stubborn`;
    await api.untilState('stubborn', 'clean wait');
    await baremetal.run`node abort stubborn`;
    expect(await api.node('stubborn')).toMatchObject({
      provision_state: 'clean wait',
      clean_step: { interface: 'vendor', step: 'log_passthrough', abortable: false, abort_after: true },
    });
  });

  it.concurrent('inspect wait: abort', async () => {
    await api.aNode('inspect-wait', 'manageable', waitsForEver('inspect'));
    await baremetal.run`node inspect inspect-wait`;
    await api.untilState('inspect-wait', 'inspect wait');
    await baremetal.run`node abort inspect-wait`;
    expect(await api.untilState('inspect-wait', 'inspect failed')).toMatchObject({
      ...unharmed,
      last_error: 'Inspection was aborted by request.',
      inspection_started_at: null,
    });
    await baremetal.run`node manage inspect-wait`;
    await api.untilState('inspect-wait', 'manageable');
  });

  it.concurrent('wait call-back: abort, then deploy again', async () => {
    await api.aNode('deploy-wait', 'available', waitsForEver('deploy'));
    await baremetal.run`node deploy deploy-wait`;
    expect(await api.untilState('deploy-wait', 'wait call-back')).toMatchObject({
      target_provision_state: 'active',
      deploy_step: { interface: 'deploy', step: 'deploy' },
    });
    await baremetal.run`node abort deploy-wait`;
    expect(await api.untilState('deploy-wait', 'deploy failed')).toMatchObject({
      ...unharmed,
      target_provision_state: 'active',
      last_error: aborted('deploy', 'deploy.deploy'),
    });
    await baremetal.run`node unset deploy-wait --driver-info fake_deploy_wait`;
    await baremetal.run`node deploy deploy-wait`;
    expect(await api.untilState('deploy-wait', 'active')).toMatchObject({ ...unharmed, last_error: null });
  });

  it.concurrent('wait call-back: undeploy', async () => {
    await api.aNode('unwanted', 'available', waitsForEver('deploy'));
    await api.provision('unwanted', 'active', 'wait call-back');
    await baremetal.run`node undeploy unwanted`;
    expect(await api.untilState('unwanted', 'available')).toMatchObject({ ...unharmed, last_error: null });
  });

  it.concurrent('rescue wait: abort, then back to the instance', async () => {
    await api.aNode('rescue-wait', 'active', waitsForEver('rescue'));
    await baremetal.run`node rescue rescue-wait --rescue-password hush`;
    await api.untilState('rescue-wait', 'rescue wait');
    await baremetal.run`node abort rescue-wait`;
    expect(await api.untilState('rescue-wait', 'rescue failed')).toMatchObject({
      ...unharmed,
      instance_info: {},
      last_error: expect.stringContaining('aborted'),
    });
    await baremetal.run`node unrescue rescue-wait`;
    expect(await api.untilState('rescue-wait', 'active')).toMatchObject({ ...unharmed, last_error: null });
  });

  it.concurrent('service wait: abort brings the instance back', async () => {
    await api.aNode('service-wait', 'active');
    await baremetal.run`node service service-wait --service-steps ${step('wait')}`;
    expect(await api.untilState('service-wait', 'service wait')).toMatchObject({ service_step: { step: 'wait' } });
    await baremetal.run`node abort service-wait`;
    expect(await api.untilState('service-wait', 'active')).toMatchObject({
      ...unharmed,
      target_provision_state: null,
      last_error: aborted('service', 'deploy.wait'),
    });
  });

  it.concurrent('clean hold: unhold goes on with the next step', async () => {
    await api.aNode('clean-hold', 'manageable');
    const steps = [...step('hold'), { interface: 'raid', step: 'delete_configuration' }];
    await baremetal.run`node clean clean-hold --clean-steps ${steps}`;
    expect(await api.untilState('clean-hold', 'clean hold')).toMatchObject({
      target_provision_state: 'manageable',
      clean_step: { step: 'hold' },
    });
    await baremetal.run`node unhold clean-hold`;
    expect(await api.untilState('clean-hold', 'manageable')).toMatchObject({ ...unharmed, last_error: null });
  });

  it.concurrent('clean hold: abort', async () => {
    await api.aNode('clean-held', 'manageable');
    await api.provision('clean-held', 'clean', 'clean hold', { clean_steps: step('hold') });
    await baremetal.run`node abort clean-held`;
    expect(await api.untilState('clean-held', 'clean failed')).toMatchObject({
      ...unharmed,
      last_error: aborted('clean', 'deploy.hold'),
    });
  });

  it.concurrent('deploy hold: unhold', async () => {
    await api.aNode('deploy-hold', 'available');
    await baremetal.run`node deploy deploy-hold --deploy-steps ${step('hold', { priority: 120, args: {} })}`;
    await api.untilState('deploy-hold', 'deploy hold');
    expect(await baremetal.refused`node undeploy deploy-hold`).toMatch(
      /^The requested action "deleted" can not be performed on node ".*" while it is in state "deploy hold"\. \(HTTP 400\)/,
    );
    await baremetal.run`node unhold deploy-hold`;
    expect(await api.untilState('deploy-hold', 'active')).toMatchObject({ ...unharmed, last_error: null });
  });

  it.concurrent('deploy hold: abort', async () => {
    await api.aNode('deploy-held', 'active');
    const deploy_steps = step('hold', { priority: 120, args: {} });
    await api.provision('deploy-held', 'rebuild', 'deploy hold', { deploy_steps });
    await baremetal.run`node abort deploy-held`;
    expect(await api.untilState('deploy-held', 'deploy failed')).toMatchObject({
      ...unharmed,
      last_error: aborted('deploy', 'deploy.hold'),
    });
  });

  it.concurrent('service hold: unhold', async () => {
    await api.aNode('service-hold', 'active');
    await baremetal.run`node service service-hold --service-steps ${step('hold')}`;
    await api.untilState('service-hold', 'service hold');
    await baremetal.run`node unhold service-hold`;
    expect(await api.untilState('service-hold', 'active')).toMatchObject({ ...unharmed, last_error: null });
  });

  it.concurrent('service hold: abort', async () => {
    await api.aNode('service-held', 'active');
    await api.provision('service-held', 'service', 'service hold', { service_steps: step('hold') });
    await baremetal.run`node abort service-held`;
    expect(await api.untilState('service-held', 'active')).toMatchObject({
      ...unharmed,
      last_error: aborted('service', 'deploy.hold'),
    });
  });

  it.concurrent('a node at rest has nothing to abort or to let go', async () => {
    const { uuid } = await api.aNode('idle', 'available');
    for (const verb of ['abort', 'unhold'])
      expect(await baremetal.refused`node ${verb} idle`).toMatch(
        `The requested action "${verb}" can not be performed on node "${uuid}" while it is in state "available".`,
      );
  });

  it.concurrent('a node in maintenance goes, whatever it waits for', async () => {
    await api.aNode('given-up', 'available', waitsForEver('deploy'));
    await api.provision('given-up', 'active', 'wait call-back');
    await baremetal.run`node maintenance set given-up --reason ${'scrapped'}`;
    expect(await baremetal.run`node delete given-up`).toBe('Deleted node given-up\n');
    expect((await api.request('GET', '/v1/nodes/given-up')).status).toBe(404);
  });
});
