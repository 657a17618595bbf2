import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bag } from '#domain';
import {
  goipmiServer,
  ipmiSim,
  ipmitool,
  PASSWORD,
  requirePeers,
  USER,
  type IpmiSim,
  type Peer,
} from '../../../../tools/ipmi-peers/peers.js';
import { anEffect, rejection } from '../contracts/an-effect.js';
import { managementContract } from '../contracts/management-contract.js';
import type { Effect, EffectClock, HardwareType } from '../hardware-type.js';
import { HardwareRefused, HardwareUnreachable } from '../hardware-type.js';
import { ipmi } from './ipmi.js';

/* The driver with the BMCs of others, in real time. */

const clock: EffectClock = { now: () => Date.now(), sleep: (ms, signal) => sleep(ms, undefined, { signal }) };

let driver: HardwareType;
const effectOn =
  ({ port }: Peer, suite: number) =>
  (args: Bag = {}, driverInfo: Bag = {}): Effect =>
    anEffect({
      clock,
      args,
      driverInfo: {
        ipmi_address: '127.0.0.1',
        ipmi_port: port,
        ipmi_username: USER,
        ipmi_password: PASSWORD,
        ipmi_cipher_suite: suite,
        ...driverInfo,
      },
    });
const power = () => driver.interfaces.power[0]!;
const set = (effect: Effect) => power().actions!.set_power_state!(effect);
const read = (effect: Effect) => power().reads!.get_power_state!(effect);
const setBootDevice = (effect: Effect) => driver.interfaces.management[0]!.actions!.set_boot_device!(effect);
const startDriver = () => {
  driver = ipmi({ fakeDeploy: true, patience: { timeoutMs: 200, retries: 2 } });
};

beforeAll(requirePeers);
beforeEach(startDriver);
afterEach(() => driver.close!());

describe("The driver and OpenIPMI's ipmi_sim", () => {
  let sim: IpmiSim;
  let effect: ReturnType<typeof effectOn>;
  beforeAll(async () => {
    sim = await ipmiSim();
    await sim.start();
    effect = effectOn(sim, 3);
  });
  afterAll(() => sim.dispose());

  /** What the machine was told since the log had so many lines. */
  const told = (since: number) =>
    sim
      .state('log')
      .split('\n')
      .slice(since)
      .filter(line => line.startsWith('set'));
  const logged = () => sim.state('log').split('\n').length;

  it('read and change its power', async () => {
    for (const [target, state, bit] of [
      ['power on', 'power on', '1'],
      ['power off', 'power off', '0'],
      ['rebooting', 'power on', '1'],
      ['soft power off', 'power off', '0'],
      ['soft rebooting', 'power on', '1'],
      ['soft rebooting', 'power on', '1'],
    ] as const) {
      expect(await set(effect({ target, timeoutMs: 10_000 }))).toEqual({ powerState: state });
      expect(await read(effect())).toBe(state);
      expect(sim.state('power')).toBe(bit);
    }
  });

  it('leave a machine alone that is as wanted', async () => {
    await set(effect({ target: 'power on' }));
    const since = logged();
    await set(effect({ target: 'power on' }));
    expect(told(since)).toEqual([]);
  });

  it('set the boot device before the machine starts', async () => {
    const since = logged();
    await setBootDevice(effect({ device: 'pxe' }));
    await set(effect({ target: 'rebooting' }));
    expect(told(since)).toEqual(['set boot pxe', 'set power 0', 'set power 1']);
  });

  it('deploy by power: network, then disk, then off', async () => {
    const deploy = driver.interfaces.deploy.find(({ name }) => name === 'fake')!;
    const since = logged();
    for (const { run } of deploy.steps!.deploy!)
      expect(await run(effect())).toEqual({ done: { powerState: 'power on' } });
    await deploy.steps!.core!.find(({ manifest }) => manifest.step === 'tear_down')!.run(effect());
    expect(told(since)).toEqual([
      'set boot pxe',
      'set power 0',
      'set power 1',
      'set boot default',
      'set power 0',
      'set power 1',
      'set power 0',
    ]);
  });

  it('tell a wrong password from a BMC that has gone, and find it when it is back', async () => {
    const wrong = await rejection(read(effect({}, { ipmi_password: 'wrong' })));
    expect(wrong).toBeInstanceOf(HardwareRefused);
    expect((wrong as Error).message).toContain('ipmi_password');
    await read(effect());
    await sim.stop();
    expect(await rejection(read(effect()))).toBeInstanceOf(HardwareUnreachable);
    await sim.start();
    expect(await read(effect())).toBe('power off');
  });
});

describe('The driver and goipmi-server', () => {
  let server: Peer;
  beforeAll(async () => {
    server = await goipmiServer();
    await server.start();
  });
  afterAll(() => server.dispose());

  const seen = async (suite: number, ...command: string[]) => ipmitool(server, ['-C', String(suite)], ...command);

  it.each([3, 17])('read and change its power, with cipher suite %i', async suite => {
    const effect = effectOn(server, suite);
    for (const [target, state] of [
      ['power off', 'off'],
      ['power on', 'on'],
      ['rebooting', 'on'],
      ['power off', 'off'],
      ['rebooting', 'on'],
    ] as const) {
      expect(await set(effect({ target, timeoutMs: 10_000 }))).toEqual({ powerState: `power ${state}` });
      expect(await seen(suite, 'chassis', 'power', 'status')).toBe(`Chassis Power is ${state}\n`);
    }
  });

  it.each([3, 17])('set its boot flags, with cipher suite %i', async suite => {
    const effect = effectOn(server, suite);
    await setBootDevice(effect({ device: 'disk', persistent: true }));
    expect(await seen(suite, 'chassis', 'bootparam', 'get', '5')).toContain('Boot parameter data: e008000000');
    await setBootDevice(effect({ device: 'pxe' }));
    expect(await seen(suite, 'chassis', 'bootparam', 'get', '5')).toContain('Boot parameter data: a004000000');
  });

  it('find out by themselves which cipher suite to use', async () => {
    const { driverInfo, ...rest } = effectOn(server, 17)();
    const { ipmi_cipher_suite: _, ...open } = driverInfo;
    expect(await read({ ...rest, driverInfo: open })).toMatch(/^power o/);
  });

  it('say what it refuses: it has no diagnostic interrupt', async () => {
    const error = await rejection(driver.interfaces.management[0]!.actions!.inject_nmi!(effectOn(server, 17)()));
    expect(error).toBeInstanceOf(HardwareRefused);
    expect((error as Error).message).toMatch(
      /refuses Chassis Control \(diagnostic interrupt\): Parameter out of range/,
    );
  });

  managementContract('Management by IPMI of goipmi-server, but for the interrupt,', () => {
    const { name, supports, actions, reads } = driver.interfaces.management[0]!;
    return {
      management: {
        name,
        supports: { 'boot devices': supports!['boot devices']! },
        actions: { set_boot_device: actions!.set_boot_device! },
        reads: reads!,
      },
      effect: effectOn(server, 17),
    };
  });
});
