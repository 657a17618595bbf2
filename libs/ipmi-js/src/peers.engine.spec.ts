import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  goipmiServer,
  GUID,
  ipmiSim,
  ipmitool,
  PASSWORD,
  PATH,
  requirePeers,
  until,
  USER,
  type IpmiSim,
  type Peer,
} from '../../../tools/ipmi-peers/peers.js';
import { connect, createBmcSimulator, type Bmc, type BmcSimulator, type ConnectOptions } from './index.js';

/* Our client with the BMCs of others, and the clients of others with our BMC. */

const KG = 'a0b1c2d3e4f5a6b7c8d9eaf0b1c2d3e4f5a6b7c8';
const run = promisify(execFile);

beforeAll(requirePeers);

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('It was expected to fail');
    },
    (error: unknown) => error,
  );

const open: Bmc[] = [];
afterEach(async () => {
  for (const bmc of open.splice(0)) await bmc.close();
});

const connected = async ({ port }: { readonly port: number }, options: Partial<ConnectOptions> = {}): Promise<Bmc> => {
  const bmc = await connect({ host: '127.0.0.1', port, username: USER, password: PASSWORD, ...options });
  open.push(bmc);
  return bmc;
};

describe("OpenIPMI's ipmi_sim", () => {
  let sim: IpmiSim;
  beforeAll(async () => {
    sim = await ipmiSim();
    await sim.start();
  });
  afterAll(() => sim.dispose());

  it('is given suite 3, from a list that it gives in the older packet format only', async () => {
    const bmc = await connected(sim, { timeoutMs: 300 });
    expect(bmc.cipherSuite).toBe(3);
    expect(await bmc.deviceId()).toMatchObject({ deviceId: 0x23, ipmiVersion: '2.0', manufacturerId: 0x1291 });
    expect((await bmc.systemGuid()).bytes.toString('hex')).toBe(GUID);
  });

  it('switches power on, off, through a cycle and softly off', async () => {
    const bmc = await connected(sim, { cipherSuite: 3 });
    const power = async (): Promise<string> => (await bmc.chassisStatus()).power;

    await bmc.chassisControl('power up');
    expect(await power()).toBe('on');
    expect(sim.state('power')).toBe('1');
    await bmc.chassisControl('hard reset');
    await bmc.chassisControl('power cycle');
    await until('power to come back', async () => sim.state('log').endsWith('set power 1') || (await power()) === 'on');
    expect(sim.state('log')).toMatch(/set power 1[^]*set reset 1[^]*set power 0[^]*set power 1/);
    await bmc.chassisControl('soft shutdown');
    expect(await power()).toBe('off');
    await bmc.chassisControl('power up');
    await bmc.chassisControl('power down');
    expect(await power()).toBe('off');
  });

  it('sets the boot device, as far as it can', async () => {
    const bmc = await connected(sim, { cipherSuite: 3 });
    for (const device of ['pxe', 'cdrom', 'bios'] as const) {
      await bmc.setBootDevice({ device, persistent: true, efi: true, disableTimeout: device === 'pxe' });
      expect(sim.state('boot')).toBe(device);
      // It forgets the other bits, the valid bit among them.
      expect(await bmc.getBootDevice()).toMatchObject({ device });
    }
  });

  it('refuses a wrong password, a wrong name and suite 17', async () => {
    const options = { cipherSuite: 3 } as const;
    expect(await rejection(connected(sim, { ...options, password: 'wrong' }))).toMatchObject({
      name: 'BmcCredentialsRejected',
    });
    expect(await rejection(connected(sim, { ...options, username: 'nobody' }))).toMatchObject({
      name: 'BmcCredentialsRejected',
    });
    expect(await rejection(connected(sim, { cipherSuite: 17 }))).toMatchObject({ name: 'CipherSuiteRefused' });
  });

  it('is found again after it was killed and started anew', async () => {
    const bmc = await connected(sim, { cipherSuite: 3, timeoutMs: 100 });
    await sim.stop();
    expect(await rejection(bmc.chassisStatus())).toMatchObject({ name: 'BmcUnreachable', retriable: true });
    await sim.start();
    expect(await bmc.deviceId()).toMatchObject({ deviceId: 0x23 });
  });

  it('serves 5 clients at once', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => connected(sim, { cipherSuite: 3 })));
    const ids = await Promise.all(clients.flatMap(bmc => Array.from({ length: 20 }, () => bmc.deviceId())));
    expect(ids.filter(({ deviceId }) => deviceId === 0x23)).toHaveLength(100);
  });
});

describe('goipmi-server', () => {
  let server: Peer;
  beforeAll(async () => {
    server = await goipmiServer();
    await server.start();
  });
  afterAll(() => server.dispose());

  it('is given suite 17, which it lists', async () => {
    expect((await connected(server)).cipherSuite).toBe(17);
  });

  it.each([3, 17] as const)('is driven with suite %i', async cipherSuite => {
    const bmc = await connected(server, { cipherSuite });
    // It sends the digits of the IPMI version the wrong way round: 20h for 2.0 (IPMI 2.0, table 20-2).
    expect(await bmc.deviceId()).toMatchObject({ available: true, ipmiVersion: '0.2' });

    await bmc.chassisControl('power down');
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'off' });
    await bmc.chassisControl('power up');
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on' });
    await bmc.chassisControl('power cycle');
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on' });

    await bmc.setBootDevice({ device: 'pxe', persistent: true, efi: true });
    expect(await bmc.getBootDevice()).toEqual({ device: 'pxe', persistent: true, efi: true, valid: true });
    await bmc.setBootDevice({ device: 'disk' });
    expect(await bmc.getBootDevice()).toEqual({ device: 'disk', persistent: false, efi: false, valid: true });
  });

  it.each([3, 17] as const)('refuses a wrong password and a wrong name with suite %i', async cipherSuite => {
    for (const wrong of [{ password: 'wrong' }, { username: 'nobody' }])
      expect(await rejection(connected(server, { cipherSuite, ...wrong }))).toMatchObject({
        name: 'BmcCredentialsRejected',
      });
  });
});

describe('Our simulator is driven by', () => {
  let simulator: BmcSimulator;
  const simulate = async (kg?: string): Promise<void> => {
    simulator = await createBmcSimulator({ users: { [USER]: PASSWORD }, kg });
  };
  afterEach(() => simulator.close());

  const suites: [string, string[]][] = [
    ['-C 3', ['-C', '3']],
    ['-C 17', ['-C', '17']],
    ['no suite given', []],
  ];

  it.each(suites)('ipmitool, %s', async (_, suite) => {
    await simulate();
    expect(await ipmitool(simulator, suite, 'chassis', 'power', 'status')).toBe('Chassis Power is off\n');
    await ipmitool(simulator, suite, 'chassis', 'bootdev', 'pxe', 'options=efiboot,persistent');
    expect(simulator.bootFlags).toEqual({ device: 'pxe', efi: true, persistent: true, valid: true });
    expect(await ipmitool(simulator, suite, 'chassis', 'bootparam', 'get', '5')).toContain(
      'Boot parameter data: e004000000',
    );

    await ipmitool(simulator, suite, 'chassis', 'power', 'on');
    expect(await ipmitool(simulator, suite, 'chassis', 'power', 'status')).toBe('Chassis Power is on\n');
    await ipmitool(simulator, suite, 'chassis', 'power', 'cycle');
    await ipmitool(simulator, suite, 'chassis', 'power', 'reset');
    expect(simulator.boots.map(({ device }) => device)).toEqual(['pxe', 'pxe', 'pxe']);
    await ipmitool(simulator, suite, 'chassis', 'power', 'diag');
    expect(simulator.diagnosticInterrupts).toBe(1);
    await ipmitool(simulator, suite, 'chassis', 'power', 'soft');
    expect(simulator.power).toBe('off');

    expect(await ipmitool(simulator, suite, 'mc', 'info')).toMatch(/IPMI Version +: 2\.0/);
    expect(await ipmitool(simulator, suite, 'mc', 'guid')).toContain('System GUID');
    expect(await ipmitool(simulator, [...suite, '-L', 'OPERATOR'], 'chassis', 'status')).toMatch(/System Power +: off/);
    expect(simulator.openSessions).toBe(0);
  });

  it('ipmitool the way Ironic does it, with raw bytes', async () => {
    await simulate();
    await ipmitool(simulator, ['-C', '3'], 'raw', '0x00', '0x08', '0x03', '0x08');
    await ipmitool(simulator, ['-C', '3'], 'raw', '0x00', '0x08', '0x05', '0xe0', '0x08', '0x00', '0x00', '0x00');
    expect(simulator.bootFlags).toEqual({ device: 'disk', efi: true, persistent: true, valid: true });
  });

  it.each(suites)('ipmitool with a BMC key, %s', async (_, suite) => {
    await simulate(KG);
    expect(await ipmitool(simulator, [...suite, '-y', KG], 'chassis', 'power', 'status')).toBe(
      'Chassis Power is off\n',
    );
    const impatient = ['-N', '1', '-R', '1'];
    const without = await ipmitool(simulator, [...suite, ...impatient], 'chassis', 'power', 'status').catch(() => '');
    expect(without).not.toContain('Chassis Power is');
  });

  it.each(suites)('nobody with a wrong password, %s', async (_, suite) => {
    await simulate();
    const impatient = ['-N', '1', '-R', '1'];
    const answer = await ipmitool(simulator, [...suite, ...impatient, '-P', 'wrong'], 'chassis', 'power', 'on').catch(
      () => '',
    );
    expect(answer).not.toContain('Up/On');
    expect(simulator.power).toBe('off');
    expect(simulator.openSessions).toBe(0);
  });

  it.each(['3', '17'])('FreeIPMI with suite %s', async suite => {
    await simulate();
    const freeipmi = async (program: string, ...args: string[]): Promise<string> => {
      const place = ['-h', `127.0.0.1:${simulator.port}`, '-D', 'LAN_2_0', '-I', suite, '-l', 'ADMIN'];
      const env = { ...process.env, PATH };
      return (await run(program, [...place, '-u', USER, '-p', PASSWORD, ...args], { env })).stdout;
    };
    await freeipmi('ipmi-chassis', '--chassis-control=POWER-UP');
    expect(await freeipmi('ipmi-chassis', '--get-chassis-status')).toMatch(/System Power +: on/);
    expect(await freeipmi('ipmipower', '--stat')).toContain(': on');
    expect(await freeipmi('bmc-info', '--get-device-id')).toMatch(/IPMI Version +: 2\.0/);
  });
});
