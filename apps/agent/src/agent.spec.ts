import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Agent } from './agent.js';
import { LookupTimedOut, TokenWithheld } from './lookup/lookup.js';
import { testMachine, testParameters, testServer, until, type TestMachine, type TestServer } from './test-bench.js';

const token = 'a-token-of-thirty-two-characters';
const uuid = '11111111-2222-4333-8444-000000000002';

interface Beat {
  callback_url: string;
  agent_token?: string;
  agent_version?: string;
  agent_verify_ca?: string;
}

/** An API that keeps to what is asked of it: its version, what the lookups are answered, what the heartbeats are. */
const stageApi = (stage: {
  version?: string;
  lookups?: number[];
  givenToken?: string;
  config?: object;
  heartbeats?: number[];
  inspection?: number;
}): Promise<TestServer> => {
  const lookups = [...(stage.lookups ?? [])];
  const heartbeats = [...(stage.heartbeats ?? [])];
  const send = (response: ServerResponse, status: number, body?: unknown): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
  return testServer((asked: IncomingMessage, response) => {
    const url = asked.url!;
    if (url === '/') return send(response, 200, { default_version: { version: stage.version ?? '1.82' } });
    if (url.startsWith('/v1/continue_inspection')) return send(response, stage.inspection ?? 202, { uuid });
    if (url.startsWith('/v1/heartbeat')) return send(response, heartbeats.shift() ?? 202);
    const status = lookups.shift() ?? 200;
    if (status !== 200) return send(response, status, { error_message: 'not now' });
    const config = { heartbeat_timeout: 300, agent_token: stage.givenToken ?? token, ...stage.config };
    send(response, 200, { node: { uuid, properties: {}, instance_info: {} }, config });
  });
};

describe('an agent that boots', () => {
  let machine: TestMachine;
  let api: TestServer;
  let agent: Agent | undefined;

  beforeEach(async () => {
    machine = await testMachine({ vda: 5 * 1024 ** 3 }, { sync: () => '', dmesg: () => 'kernel said\n' });
  });
  afterEach(async () => {
    await agent?.stop();
    agent = undefined;
    await api?.close();
    await machine.remove();
  });

  const boot = async (line = ''): Promise<Agent> => {
    agent = new Agent(machine, testParameters(`ipa-api-url=${api.url} ${line}`));
    await agent.start();
    return agent;
  };
  const of = (path: string) => api.requests.filter(one => one.url.startsWith(path));
  const beats = (): Beat[] => of('/v1/heartbeat').map(one => JSON.parse(one.body) as Beat);

  it('asks for the version, finds its node, and tells where it serves commands', async () => {
    api = await stageApi({});
    await boot();
    await until(() => beats().length > 0);
    expect(api.requests[0]!.url).toBe('/');
    const looked = of('/v1/lookup')[0]!;
    expect(decodeURIComponent(looked.url)).toBe('/v1/lookup?addresses=52:54:00:00:00:02');
    expect(looked.headers['x-openstack-ironic-api-version']).toBe('1.62');
    expect(of('/v1/heartbeat')[0]).toMatchObject({
      method: 'POST',
      url: `/v1/heartbeat/${uuid}`,
      headers: { 'x-openstack-ironic-api-version': '1.68' },
    });
    expect(beats()[0]).toEqual({
      callback_url: `https://127.0.0.1:${agent!.port}`,
      agent_token: token,
      agent_version: '12.0.0',
      agent_verify_ca: expect.stringContaining('-----BEGIN CERTIFICATE-----'),
    });
  });

  it('serves commands by TLS that exactly the certificate of its heartbeat vouches for', async () => {
    api = await stageApi({ config: { tls_min_version: '1.3' } });
    await boot();
    await until(() => beats().length > 0);
    const { callback_url: url, agent_verify_ca: ca } = beats()[0]!;
    const ask = (options: object) =>
      new Promise<string>((resolve, reject) => {
        const outgoing = request(`${url}/v1/commands/?agent_token=${token}`, { agent: false, ...options }, answer => {
          const protocol = (answer.socket as import('node:tls').TLSSocket).getProtocol();
          answer.resume().on('end', () => resolve(`${answer.statusCode} ${protocol}`));
        });
        outgoing.on('error', reject).end();
      });
    expect(await ask({ ca })).toBe('200 TLSv1.3');
    await expect(ask({})).rejects.toThrow(/self.signed/);
    await expect(ask({ ca, maxVersion: 'TLSv1.2' })).rejects.toThrow();
  });

  it('serves plain http, without a token, to an API that is too old for more', async () => {
    api = await stageApi({ version: '1.61' });
    await boot();
    await until(() => beats().length > 0);
    expect(beats()[0]).toEqual({ callback_url: `http://127.0.0.1:${agent!.port}`, agent_version: '12.0.0' });
  });

  it('tries again while the node is locked or unknown', async () => {
    api = await stageApi({ lookups: [409, 404, 409, 500] });
    await boot();
    expect(of('/v1/lookup')).toHaveLength(5);
  });

  it('gives up when its time is over', async () => {
    api = await stageApi({ lookups: Array<number>(1000).fill(404) });
    await expect(boot('ipa-lookup-timeout=0.1')).rejects.toThrow(LookupTimedOut);
  });

  it('does not go on with a token that somebody else was given', async () => {
    api = await stageApi({ givenToken: '******' });
    await expect(boot()).rejects.toThrow(TokenWithheld);
    expect(beats()).toEqual([]);
  });

  it('uses the token that virtual media brought', async () => {
    api = await stageApi({ givenToken: '******' });
    const own = 'brought-on-a-disk-of-virtual-media';
    await boot(`ipa-agent-token=${own}`);
    await until(() => beats().length > 0);
    expect(beats()[0]!.agent_token).toBe(own);
  });

  it('sends a heartbeat as soon as a command has ended', async () => {
    api = await stageApi({ version: '1.67', config: { agent_heartbeat_min_interval: 0 } });
    await boot();
    await until(() => beats().length === 1);
    const post = (name: string) =>
      fetch(`http://127.0.0.1:${agent!.port}/v1/commands/?agent_token=${token}`, {
        method: 'POST',
        body: JSON.stringify({ name, params: name.startsWith('flow') ? { flow: [] } : {} }),
      });
    expect((await post('flow.start_flow')).status).toBe(200);
    await until(() => beats().length === 2);
  });

  it('hands in an inventory first when it boots for inspection', async () => {
    api = await stageApi({});
    await boot(`ipa-inspection-callback-url=${api.url}/v1/continue_inspection BOOTIF=01-52-54-00-00-00-02`);
    const [call] = of('/v1/continue_inspection');
    expect(call!.headers['x-openstack-ironic-api-version']).toBeUndefined();
    const data = JSON.parse(call!.body) as Record<string, never> & { logs: string };
    expect(data).toMatchObject({
      inventory: {
        interfaces: [{ name: 'eth0', mac_address: '52:54:00:00:00:02', ipv4_address: '192.0.2.5', has_carrier: true }],
        cpu: { count: 1, model_name: 'Test CPU', flags: ['fpu', 'vme'] },
        memory: { total: 2_048_000_000 },
        disks: [{ name: join(machine.roots.dev, 'vda'), size: 5 * 1024 ** 3, rotational: false }],
        boot: { current_boot_mode: 'bios', pxe_interface: '52:54:00:00:00:02' },
        hostname: 'ramdisk',
        bmc_address: null,
      },
      root_disk: { name: join(machine.roots.dev, 'vda') },
      boot_interface: '52:54:00:00:00:02',
      configuration: {
        collectors: ['default', 'logs'],
        managers: [{ name: 'GenericHardwareManager', version: '1.2' }],
      },
      error: null,
    });
    expect(gunzipSync(Buffer.from(data.logs, 'base64')).toString()).toContain('kernel said');
    expect(decodeURIComponent(of('/v1/lookup')[0]!.url)).toContain(`node_uuid=${uuid}`);
  });

  it('takes hardware managers from a folder, and leaves a broken one out', async () => {
    api = await stageApi({ version: '1.67' });
    const folder = join(machine.folder, 'managers');
    await mkdir(folder);
    await writeFile(
      join(folder, 'rack.mjs'),
      `export default {
        name: 'RackManager', versionName: 'rack', version: '3', evaluateSupport: () => 3,
        steps: { clean: () => [{ step: 'erase_devices', priority: 7, interface: 'deploy', reboot_requested: false }] },
        methods: { erase_devices: ({ args }) => 'erased by the rack ' + (args.how ?? '') },
      };`,
    );
    await writeFile(join(folder, 'broken.mjs'), 'export default { name: 1 };');
    await boot(`ipa-hardware-managers=${folder}`);
    const post = async (name: string, params: object) => {
      const answer = await fetch(`http://127.0.0.1:${agent!.port}/v1/commands/?wait=true&agent_token=${token}`, {
        method: 'POST',
        body: JSON.stringify({ name, params: { node: {}, ports: [], ...params } }),
      });
      return (await answer.json()) as { command_result: { clean_steps: Record<string, { step: string }[]> } };
    };
    const { clean_steps: steps, ...rest } = (await post('clean.get_clean_steps', {})).command_result;
    expect(steps.RackManager).toEqual([
      { step: 'erase_devices', priority: 7, interface: 'deploy', reboot_requested: false },
    ]);
    expect(steps.GenericHardwareManager!.map(one => one.step)).not.toContain('erase_devices');
    expect(rest).toEqual({ hardware_manager_version: { rack: '3', generic_hardware_manager: '1.2' } });
    const step = { step: 'erase_devices', interface: 'deploy', args: { how: 'twice' } };
    expect(await post('clean.execute_clean_step', { step })).toMatchObject({
      command_status: 'SUCCEEDED',
      command_result: { clean_result: 'erased by the rack twice', clean_step: step },
    });
    expect(machine.journal.text()).toContain('broken.mjs is left out');
  });
});
