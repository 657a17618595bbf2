import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfiguration } from '#configuration';
import { FakeBootServices, FakeImages, SimulatedAgent } from '#testing';
import { createLogger } from './logger.js';
import type { Server } from './server.js';
import { startServer } from './server.js';

// The whole product and an agent that calls it as ironic-python-agent does: lookup, heartbeat, continue_inspection.

const scratch = mkdtempSync(join(tmpdir(), 'ferrolog-agents-'));
const address = '52:54:00:00:00:0a';

describe('A machine that boots an agent', () => {
  let server: Server;
  let agent: SimulatedAgent;
  let uuid: string;
  const boot = new FakeBootServices();
  const images = new FakeImages();

  const ask = async (method: string, url: string, payload?: unknown, version = '1.115') => {
    const headers = version ? { 'x-openstack-ironic-api-version': version } : {};
    const { statusCode, body } = (await server.app.inject({
      method,
      url,
      headers,
      ...(payload !== undefined && { payload }),
    } as never)) as unknown as { statusCode: number; body: string };
    return { status: statusCode, body: (body ? JSON.parse(body) : {}) as Record<string, unknown> };
  };
  const provision = (target: string) => ask('PUT', `/v1/nodes/${uuid}/states/provision`, { target });
  const reaches = async (state: string) => {
    for (;;) {
      const { body } = await ask('GET', `/v1/nodes/${uuid}`);
      if (body.provision_state === state && body.reservation === null) return body;
      if (/failed|error/.test(String(body.provision_state)) && body.provision_state !== state)
        throw new Error(`${String(body.provision_state)}: ${String(body.last_error)}`);
      await sleep(5);
    }
  };
  /** What an agent does when it comes up. */
  const comesUp = async () => {
    agent.boot();
    const lookup = await ask('GET', `/v1/lookup?addresses=${address}`, undefined, '1.62');
    expect(lookup.status).toBe(200);
    agent.token = (lookup.body.config as { agent_token: string }).agent_token;
    expect((await heartbeat()).status).toBe(202);
  };
  const heartbeat = () =>
    ask(
      'POST',
      `/v1/heartbeat/${uuid}`,
      {
        callback_url: agent.url,
        agent_token: agent.token,
        agent_version: '13.0.0',
        agent_verify_ca: agent.certificate,
      },
      '1.68',
    );
  const ends = async (step: string) => {
    while (!JSON.stringify(agent.running ?? '').includes(step)) await sleep(5);
    agent.end();
    await heartbeat();
  };

  beforeAll(async () => {
    agent = await SimulatedAgent.start({
      steps: {
        clean: { GenericHardwareManager: [{ step: 'erase_devices_metadata', priority: 99, interface: 'deploy' }] },
      },
    });
    const { configuration } = readConfiguration({
      environment: {},
      flags: {
        data: scratch,
        port: '0',
        hardwareTypes: 'fake-hardware',
        logLevel: 'silent',
        agentApiUrl: 'http://api.test:6385',
        deployKernel: 'http://images.test/kernel',
        deployRamdisk: 'http://images.test/ramdisk',
      },
    });
    server = await startServer(configuration, createLogger(configuration), { boot: { boot, images } });
    const { body } = await ask('POST', '/v1/nodes', {
      driver: 'fake-hardware',
      deploy_interface: 'direct',
      boot_interface: 'ipxe',
      inspect_interface: 'agent',
      properties: { capabilities: 'boot_mode:bios' },
      // No machine is there that its agent could switch off.
      driver_info: { deploy_forces_oob_reboot: true },
    });
    uuid = String(body.uuid);
    await ask('POST', '/v1/ports', { node_uuid: uuid, address });
    await provision('manage');
    await reaches('manageable');
  }, 30_000);
  afterAll(async () => {
    await server.stop();
    await agent.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('is inspected by what its ramdisk calls back with', async () => {
    await provision('inspect');
    await reaches('inspect wait');
    const body = {
      inventory: {
        interfaces: [{ name: 'eth0', mac_address: address.toUpperCase() }],
        cpu: { architecture: 'aarch64' },
        boot: { pxe_interface: address },
      },
      logs: 'H4sI',
    };
    expect(await ask('POST', '/v1/continue_inspection', { inventory: {} }, '')).toMatchObject({ status: 400 });
    expect(await ask('POST', '/v1/continue_inspection', body, '1.50')).toMatchObject({ status: 404 });
    expect(await ask('POST', '/v1/continue_inspection', body, '')).toEqual({ status: 202, body: { uuid } });
    expect(await reaches('manageable')).toMatchObject({ properties: { cpu_arch: 'aarch64' } });
    const { body: found } = await ask('GET', `/v1/nodes/${uuid}/inventory`);
    expect(found).toMatchObject({ inventory: { cpu: { architecture: 'aarch64' } }, plugin_data: { macs: [address] } });
    expect(JSON.stringify(found)).not.toContain('H4sI');
    expect(await ask('POST', '/v1/continue_inspection', body, '')).toMatchObject({ status: 404 });
  }, 30_000);

  it('is cleaned, deployed and torn down by its agent', async () => {
    await provision('provide');
    await reaches('clean wait');
    await comesUp();
    await ends('erase_devices_metadata');
    await reaches('available');
    const instance_info = { image_source: 'http://images.test/d.raw', image_checksum: 'a'.repeat(64) };
    await ask('PATCH', `/v1/nodes/${uuid}`, [{ op: 'add', path: '/instance_info', value: instance_info }]);
    expect((await provision('active')).status).toBe(202);
    await reaches('wait call-back');
    expect(boot.boots.get(uuid)).toMatchObject({ kernel: 'http://images.test/kernel', bootMode: 'bios' });
    await comesUp();
    const stolen = await ask(
      'POST',
      `/v1/heartbeat/${uuid}`,
      { callback_url: agent.url, agent_token: 'stolen', agent_version: '1' },
      '1.68',
    );
    expect(stolen.status).toBe(400);
    await ends('write_image');
    expect(await reaches('active')).toMatchObject({ power_state: 'power on', last_error: null });
    expect(boot.boots.size + images.provided.size).toBe(0);
    await provision('deleted');
    await reaches('clean wait');
    await comesUp();
    await ends('erase_devices_metadata');
    expect(await reaches('available')).toMatchObject({ power_state: 'power off' });
    expect(boot.boots.size).toBe(0);
  }, 60_000);

  it('is refused a deployment of an image that nobody can verify', async () => {
    const value = { image_source: 'http://images.test/d.raw' };
    await ask('PATCH', `/v1/nodes/${uuid}`, [{ op: 'add', path: '/instance_info', value }]);
    const { status, body } = await provision('active');
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('image_checksum');
  });
});
