import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBmcSimulator, type BmcSimulator } from '#ipmi-js';
import { startFerrolog, type FerrologProcess } from './ferrolog-process.js';
import {
  goipmiServer,
  ipmiSim,
  ipmitool,
  PASSWORD,
  requirePeers,
  until,
  USER,
  type IpmiSim,
  type Peer,
} from '../../../../tools/ipmi-peers/peers.js';

/* The whole product, in a process of its own, and machines behind the BMCs of others, driven over HTTP as clients do. */

const SECONDS = 60_000;

/** The time-out of a change of power is short: some machines here never come on. */
const options = {
  FERROLOG_HARDWARE_TYPES: 'fake-hardware,ipmi',
  FERROLOG_IPMI_FAKE_DEPLOY: 'true',
  FERROLOG_POWER_STATE_CHANGE_TIMEOUT_SECONDS: '5',
  FERROLOG_SYNC_POWER_STATE_INTERVAL_SECONDS: '0',
};

type Body = Record<string, unknown>;
interface Answer {
  readonly status: number;
  readonly body: Body;
}

let product: FerrologProcess;
let data: string;

const http = async (method: string, path: string, body?: object): Promise<Answer> => {
  const response = await fetch(`${product.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'X-OpenStack-Ironic-API-Version': '1.115' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text ? (JSON.parse(text) as Body) : {} };
};

/** A node, by what clients do with it. */
const aNode = (name: string) => {
  const path = `/v1/nodes/${name}`;
  const show = async (): Promise<Body> => (await http('GET', path)).body;
  /** Waits until nobody works on it, and it is in the state. */
  const settled = async (field: string, value: unknown): Promise<Body> => {
    let node: Body = {};
    await until(
      `${name} to have ${field} ${String(value)}`,
      async () => {
        node = await show();
        return node.reservation === null && node.target_power_state === null && node[field] === value;
      },
      30,
    ).catch((error: Error) => {
      throw new Error(
        `${error.message}; it is ${JSON.stringify(node, ['provision_state', 'power_state', 'last_error'])}`,
      );
    });
    return node;
  };
  return {
    path,
    show,
    settled,
    enrol: (driverInfo: Body, rest: Body = {}) =>
      http('POST', '/v1/nodes', { name, driver: 'ipmi', driver_info: driverInfo, ...rest }),
    async provision(target: string, state: string): Promise<Body> {
      expect(await http('PUT', `${path}/states/provision`, { target })).toMatchObject({ status: 202 });
      return settled('provision_state', state);
    },
    async power(target: string, state: string): Promise<Body> {
      expect(await http('PUT', `${path}/states/power`, { target })).toMatchObject({ status: 202 });
      return settled('power_state', state);
    },
    bootDevice: async () => (await http('GET', `${path}/management/boot_device`)).body,
    setBootDevice: (boot_device: string, persistent: boolean) =>
      http('PUT', `${path}/management/boot_device`, { boot_device, persistent }),
  };
};

const driverInfo = ({ port }: { readonly port: number }, rest: Body = {}): Body => ({
  ipmi_address: '127.0.0.1',
  ipmi_port: String(port),
  ipmi_username: USER,
  ipmi_password: PASSWORD,
  ipmi_priv_level: 'ADMINISTRATOR',
  ...rest,
});

let sim: IpmiSim;
let server: Peer;

beforeAll(async () => {
  requirePeers();
  data = mkdtempSync(join(tmpdir(), 'ferrolog-ipmi-'));
  product = await startFerrolog(options, { data });
}, SECONDS);
afterAll(async () => {
  await product.stop();
  rmSync(data, { recursive: true });
});

beforeEach(async () => {
  [sim, server] = await Promise.all([ipmiSim(), goipmiServer()]);
  await Promise.all([sim.start(), server.start()]);
});
afterEach(() => Promise.all([sim.dispose(), server.dispose()]));

const WRONG_PASSWORD = 'hunter2-hunter2';

/** What the machine behind ipmi_sim was told, in order. */
const told = () =>
  sim
    .state('log')
    .split('\n')
    .filter(line => line.startsWith('set'));
const bootFlags = () => ipmitool(server, ['-C', '17'], 'chassis', 'bootparam', 'get', '5');
const powerStatus = () => ipmitool(server, ['-C', '17'], 'chassis', 'power', 'status');

describe('A machine behind ipmi_sim', () => {
  it(
    'is enrolled, powered, deployed and undeployed',
    async () => {
      const node = aNode('sim');
      expect(await node.enrol(driverInfo(sim, { ipmi_cipher_suite: 3 }))).toMatchObject({ status: 201 });
      expect(await node.provision('manage', 'manageable')).toMatchObject({
        power_state: 'power off',
        last_error: null,
      });

      await node.power('power on', 'power on');
      await node.power('rebooting', 'power on');
      await node.power('soft power off', 'power off');
      expect(told()).toEqual(['set power 1', 'set power 0', 'set power 1', 'set shutdown 1']);

      expect(await node.setBootDevice('cdrom', true)).toMatchObject({ status: 204 });
      expect(sim.state('boot')).toBe('cdrom');

      await node.provision('provide', 'available');
      const before = told().length;
      await node.provision('active', 'active');
      expect(told().slice(before)).toEqual([
        'set boot pxe',
        'set power 1',
        'set boot default',
        'set power 0',
        'set power 1',
      ]);
      expect(await node.provision('deleted', 'available')).toMatchObject({ power_state: 'power off' });
      expect(sim.state('power')).toBe('0');
    },
    SECONDS,
  );
});

describe('A machine behind goipmi-server', () => {
  it(
    'is enrolled, powered, deployed and undeployed',
    async () => {
      const node = aNode('goipmi');
      expect(await node.enrol(driverInfo(server, { ipmi_cipher_suite: '17' }))).toMatchObject({ status: 201 });
      await ipmitool(server, ['-C', '17'], 'chassis', 'power', 'on');
      expect(await node.provision('manage', 'manageable')).toMatchObject({ power_state: 'power on', last_error: null });

      await node.power('power off', 'power off');
      expect(await powerStatus()).toBe('Chassis Power is off\n');
      await node.power('rebooting', 'power on');
      expect(await powerStatus()).toBe('Chassis Power is on\n');

      expect(await node.setBootDevice('cdrom', false)).toMatchObject({ status: 204 });
      expect(await bootFlags()).toContain('Boot parameter data: a014000000');
      expect(await node.bootDevice()).toEqual({ boot_device: 'cdrom', persistent: false });
      expect(await node.setBootDevice('floppy', false)).toMatchObject({ status: 400 });

      await node.provision('provide', 'available');
      await node.provision('active', 'active');
      // UEFI, persistent, disk.
      expect(await bootFlags()).toContain('Boot parameter data: e008000000');
      expect(await powerStatus()).toBe('Chassis Power is on\n');
      await node.provision('deleted', 'available');
      expect(await powerStatus()).toBe('Chassis Power is off\n');
    },
    SECONDS,
  );
});

describe('An operator sees', () => {
  it(
    'a wrong password in last_error, and the node back in enroll',
    async () => {
      const node = aNode('wrong-password');
      await node.enrol(driverInfo(sim, { ipmi_cipher_suite: 3, ipmi_password: WRONG_PASSWORD }));
      const { last_error: error } = await node.provision('manage', 'enroll');
      expect(error).toMatch(/Verify step "power\.get_power_state" failed: the BMC 127\.0\.0\.1:\d+ .*ipmi_password/);

      await http('PATCH', node.path, [{ op: 'replace', path: '/driver_info/ipmi_password', value: PASSWORD }]);
      expect(await node.provision('manage', 'manageable')).toMatchObject({
        last_error: null,
        power_state: 'power off',
      });
    },
    SECONDS,
  );

  it(
    'a BMC that has gone, with a hint, and a node that goes on when it is back',
    async () => {
      const node = aNode('gone');
      await node.enrol(driverInfo(sim, { ipmi_cipher_suite: 3 }));
      await node.provision('manage', 'manageable');
      await sim.stop();

      const { last_error: error } = await node.power('power on', 'power off');
      expect(error).toMatch(/^Failed to change power state to 'power on': the BMC 127\.0\.0\.1:\d+ gave no answer to/);
      const why = await http('GET', `/ferrolog${node.path}/why`);
      expect(JSON.stringify(why.body)).toContain('IPMI over LAN is switched on in the BMC');
      expect(await http('GET', `${node.path}/management/boot_device`)).toMatchObject({ status: 500 });

      await sim.start();
      expect(await node.power('power on', 'power on')).toMatchObject({ last_error: null });
      expect(sim.state('power')).toBe('1');
    },
    SECONDS,
  );

  it(
    'what is wrong in driver_info, before anything is touched and after',
    async () => {
      const node = aNode('bridged');
      expect(await node.enrol(driverInfo(server, { ipmi_bridging: 'dual' }))).toMatchObject({ status: 201 });
      const sentence = 'driver_info ipmi_bridging must be "no": single and dual bridging are not supported here';
      expect((await http('GET', `${node.path}/validate`)).body).toMatchObject({
        power: { result: false, reason: sentence },
        management: { result: false, reason: sentence },
        deploy: { result: true },
      });
      expect((await node.provision('manage', 'enroll')).last_error).toContain(sentence);
    },
    SECONDS,
  );

  it(
    'that raw bytes reach the BMC as a vendor method, and are not allowed as a step',
    async () => {
      const node = aNode('raw');
      await node.enrol(driverInfo(sim, { ipmi_cipher_suite: 3 }));
      await node.provision('manage', 'manageable');
      expect(await http('GET', `${node.path}/vendor_passthru/methods`)).toMatchObject({
        body: { send_raw: { http_methods: ['POST'], async: true }, bmc_reset: { http_methods: ['POST'], async: true } },
      });
      const call = await http('POST', `${node.path}/vendor_passthru?method=send_raw`, { raw_bytes: '0x00 0x02 0x01' });
      expect(call.status).toBe(202);
      await until('the machine to be on', () => sim.state('power') === '1');
      const step = { interface: 'vendor', step: 'send_raw', args: { raw_bytes: '0x00 0x02 0x00' } };
      await node.settled('provision_state', 'manageable');
      const refused = await http('PUT', `${node.path}/states/provision`, { target: 'clean', clean_steps: [step] });
      expect(refused.status).toBe(400);
      expect(JSON.stringify(refused.body)).toContain('vendor.send_raw is not allowed');
    },
    SECONDS,
  );
});

describe('A BMC that takes commands, and a machine that does not obey,', () => {
  let bmc: BmcSimulator;
  beforeAll(async () => {
    bmc = await createBmcSimulator({ users: { [USER]: PASSWORD } });
  });
  afterAll(() => bmc.close());

  it(
    'end a change of power by its time-out, in words',
    async () => {
      const node = aNode('stuck');
      await node.enrol(driverInfo(bmc));
      await node.provision('manage', 'manageable');
      const heal = bmc.inject({ fault: 'stuck power', at: 'off' });
      const { last_error: error } = await node.power('power on', 'power off');
      expect(error).toBe(
        `Failed to change power state to 'power on': the BMC took "power up", and the machine has not come to "power on" in 5 s`,
      );
      heal();
      expect(await node.power('power on', 'power on')).toMatchObject({ last_error: null });
    },
    SECONDS,
  );

  it('get their sessions back when the product ends, and find no password in what it leaves', async () => {
    expect(bmc.openSessions).toBe(1);
    await product.stop();
    expect(bmc.openSessions).toBe(0);
    const left = [product.log(), ...readdirSync(data).map(name => readFileSync(join(data, name), 'latin1'))];
    expect(left.some(text => text.includes('ipmi_password'))).toBe(true);
    for (const text of left) expect(text).not.toContain(WRONG_PASSWORD);
  });
});
