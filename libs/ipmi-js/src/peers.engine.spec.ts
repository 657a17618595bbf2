import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  connect,
  createBmcSimulator,
  presencePing,
  type Bmc,
  type BmcSimulator,
  type ConnectOptions,
} from './index.js';

/*
 * Our client with the BMCs of others, and the clients of others with our BMC. `node tools/ipmi-peers/install.mjs`
 * installs them all. Everything is on loopback and on ports that were free a moment ago.
 */

const ROOT = join(import.meta.dirname, '../../../..');
const GOIPMI_SERVER = join(ROOT, '.scratch/ipmi-peers/goipmi-server-v0.9.1');
const [USER, PASSWORD] = ['admin', 'secret'];
const KG = 'a0b1c2d3e4f5a6b7c8d9eaf0b1c2d3e4f5a6b7c8';
const GUID = 'a123456789abcdefa123456789abcdef';

/** FreeIPMI's programs are in sbin, which not every PATH has. */
const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
const run = promisify(execFile);

beforeAll(() => {
  const programs = ['ipmi_sim', 'ipmitool', 'ipmi-chassis'];
  const missing = programs.filter(name => !PATH.split(':').some(folder => existsSync(join(folder, name))));
  if (!existsSync(GOIPMI_SERVER)) missing.push('goipmi-server');
  if (missing.length > 0)
    throw new Error(`${missing.join(', ')} missing: run "node tools/ipmi-peers/install.mjs" first`);
});

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
};

const until = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
};

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('It was expected to fail');
    },
    (error: unknown) => error,
  );

/** A BMC in a process of its own. */
interface Peer {
  readonly port: number;
  stop(): Promise<void>;
}

const started = async (port: number, program: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Peer> => {
  const child: ChildProcess = spawn(program, args, { env: { ...process.env, PATH, ...env }, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const there = () =>
    presencePing({ host: '127.0.0.1', port, timeoutMs: 100, retries: 0 }).then(
      () => true,
      () => false,
    );
  await until(`${program} to answer`, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
    return there();
  });
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

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
  const folder = mkdtempSync(join(tmpdir(), 'ipmi-sim-'));
  const state = (name: string): string => readFileSync(join(folder, name), 'utf8').trim();
  let port: number;
  let sim: Peer;

  /** ipmi_sim asks a program for the state of the machine, and tells it what to do. */
  const writeConfiguration = (): void => {
    const control = join(folder, 'control');
    writeFileSync(
      control,
      `#!/bin/sh
cd ${folder}
shift
verb=$1
shift
echo "$verb $*" >> log
case "$verb $1" in
  "get power") echo "power:$(cat power)" ;;
  "get boot") echo "boot:$(cat boot)" ;;
  "set power") echo $2 > power ;;
  "set boot") echo $2 > boot ;;
  "set shutdown") echo 0 > power ;;
esac
`,
    );
    chmodSync(control, 0o755);
    writeFileSync(join(folder, 'power'), '0\n');
    writeFileSync(join(folder, 'boot'), 'none\n');
    writeFileSync(join(folder, 'log'), '');
    writeFileSync(
      join(folder, 'lan.conf'),
      `name "bmc"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_admin md5
    guid ${GUID}
  endlan
  chassis_control "${control} 0x20"
  user 2 true "${USER}" "${PASSWORD}" admin 10 md5
`,
    );
    writeFileSync(
      join(folder, 'bmc.emu'),
      `mc_setbmc 0x20
mc_add 0x20 0x23 no-device-sdrs 1 9 8 0x9f 0x1291 0xf02
mc_enable 0x20
`,
    );
  };

  const startSim = (): Promise<Peer> => {
    const files = ['-c', join(folder, 'lan.conf'), '-f', join(folder, 'bmc.emu'), '-s', join(folder, 'state')];
    return started(port, 'ipmi_sim', ['--nostdio', '--nopersist', ...files]);
  };

  beforeAll(async () => {
    port = await freePort();
    writeConfiguration();
    sim = await startSim();
  });
  afterAll(async () => {
    await sim.stop();
    rmSync(folder, { recursive: true });
  });

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
    expect(state('power')).toBe('1');
    await bmc.chassisControl('hard reset');
    await bmc.chassisControl('power cycle');
    await until('power to come back', async () => state('log').endsWith('set power 1') || (await power()) === 'on');
    expect(state('log')).toMatch(/set power 1[^]*set reset 1[^]*set power 0[^]*set power 1/);
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
      expect(state('boot')).toBe(device);
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
    sim = await startSim();
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
    const port = await freePort();
    server = await started(port, GOIPMI_SERVER, [], {
      GOIPMI_SERVER_PORT: String(port),
      GOIPMI_SERVER_USER: USER,
      GOIPMI_SERVER_PASS: PASSWORD,
      GOIPMI_SERVER_CIPHER_SUITES: '3,17',
    });
  });
  afterAll(() => server.stop());

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

  const ipmitool = async (suite: string[], ...command: string[]): Promise<string> => {
    const place = ['-I', 'lanplus', '-H', '127.0.0.1', '-p', String(simulator.port)];
    const { stdout } = await run('ipmitool', [...place, '-U', USER, '-P', PASSWORD, ...suite, ...command]);
    return stdout;
  };

  const suites: [string, string[]][] = [
    ['-C 3', ['-C', '3']],
    ['-C 17', ['-C', '17']],
    ['no suite given', []],
  ];

  it.each(suites)('ipmitool, %s', async (_, suite) => {
    await simulate();
    expect(await ipmitool(suite, 'chassis', 'power', 'status')).toBe('Chassis Power is off\n');
    await ipmitool(suite, 'chassis', 'bootdev', 'pxe', 'options=efiboot,persistent');
    expect(simulator.bootFlags).toEqual({ device: 'pxe', efi: true, persistent: true, valid: true });
    expect(await ipmitool(suite, 'chassis', 'bootparam', 'get', '5')).toContain('Boot parameter data: e004000000');

    await ipmitool(suite, 'chassis', 'power', 'on');
    expect(await ipmitool(suite, 'chassis', 'power', 'status')).toBe('Chassis Power is on\n');
    await ipmitool(suite, 'chassis', 'power', 'cycle');
    await ipmitool(suite, 'chassis', 'power', 'reset');
    expect(simulator.boots.map(({ device }) => device)).toEqual(['pxe', 'pxe', 'pxe']);
    await ipmitool(suite, 'chassis', 'power', 'diag');
    expect(simulator.diagnosticInterrupts).toBe(1);
    await ipmitool(suite, 'chassis', 'power', 'soft');
    expect(simulator.power).toBe('off');

    expect(await ipmitool(suite, 'mc', 'info')).toMatch(/IPMI Version +: 2\.0/);
    expect(await ipmitool(suite, 'mc', 'guid')).toContain('System GUID');
    expect(await ipmitool([...suite, '-L', 'OPERATOR'], 'chassis', 'status')).toMatch(/System Power +: off/);
    expect(simulator.openSessions).toBe(0);
  });

  it('ipmitool the way Ironic does it, with raw bytes', async () => {
    await simulate();
    await ipmitool(['-C', '3'], 'raw', '0x00', '0x08', '0x03', '0x08');
    await ipmitool(['-C', '3'], 'raw', '0x00', '0x08', '0x05', '0xe0', '0x08', '0x00', '0x00', '0x00');
    expect(simulator.bootFlags).toEqual({ device: 'disk', efi: true, persistent: true, valid: true });
  });

  it.each(suites)('ipmitool with a BMC key, %s', async (_, suite) => {
    await simulate(KG);
    expect(await ipmitool([...suite, '-y', KG], 'chassis', 'power', 'status')).toBe('Chassis Power is off\n');
    const impatient = ['-N', '1', '-R', '1'];
    const without = await ipmitool([...suite, ...impatient], 'chassis', 'power', 'status').catch(() => '');
    expect(without).not.toContain('Chassis Power is');
  });

  it.each(suites)('nobody with a wrong password, %s', async (_, suite) => {
    await simulate();
    const impatient = ['-N', '1', '-R', '1'];
    const answer = await ipmitool([...suite, ...impatient, '-P', 'wrong'], 'chassis', 'power', 'on').catch(() => '');
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
