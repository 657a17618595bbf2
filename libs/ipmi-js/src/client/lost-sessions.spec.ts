import { afterEach, describe, expect, it } from '@jest/globals';
import { createBmcSimulator, type BmcSimulator, type BmcSimulatorOptions } from '../simulator/bmc-simulator.js';
import {
  aBmc as anyBmc,
  closeAll,
  connected as anyConnected,
  PASSWORD,
  rejection,
  until,
} from '../simulator/test-bench.js';
import type { Bmc } from './bmc.js';
import { connect, presencePing } from './connect.js';
import type { ConnectOptions } from './connect-options.js';

afterEach(closeAll);

/** Gives up soon enough for a test, and is patient enough for a busy machine. */
const patience = { cipherSuite: 17, timeoutMs: 100, retries: 3 } as const;
const connected = (bmc: BmcSimulator, options: Partial<ConnectOptions> = {}): Promise<Bmc> =>
  anyConnected(bmc, { ...patience, ...options });
const aBmc = (options: Partial<BmcSimulatorOptions> = {}): Promise<BmcSimulator> => anyBmc({ power: 'on', ...options });

/** Timers of a simulated BMC that are due when the test says so. */
const heldTimers = () => {
  const held = new Set<{ readonly delayMs: number; callback(): void }>();
  return {
    after: (delayMs: number, callback: () => void) => {
      const timer = { delayMs, callback };
      held.add(timer);
      return () => void held.delete(timer);
    },
    /** Those of this delay. */
    fire: (delayMs: number) => {
      for (const timer of [...held].filter(timer => timer.delayMs === delayMs)) {
        held.delete(timer);
        timer.callback();
      }
    },
  };
};

describe('Sessions that get lost', () => {
  it('a read goes on in a new one', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.restart();
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on' });
    expect(simulator.counts['RAKP Message 3']).toBe(2);
  });

  it('a read during which the BMC restarts is repeated', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'restart', on: 'Get Chassis Status', times: 1 });
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on' });
  });

  it('a write during which the BMC restarts is not repeated, and the next command works', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'restart', on: 'Chassis Control', times: 1 });
    expect(await rejection(bmc.chassisControl('hard reset'))).toMatchObject({ name: 'SessionLost', mayHaveRun: true });
    expect(simulator.boots).toHaveLength(1);
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on' });
    expect(simulator.counts['RAKP Message 3']).toBe(2);
  });

  it('a write into a session that was silent for long finds out first', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator, { checkAfterMs: 0 });
    simulator.restart();
    await bmc.chassisControl('power cycle');
    expect(simulator.counts['Chassis Control']).toBe(1);
    expect(simulator.boots).toHaveLength(1);
  });

  it('a boot device is set although the session is lost half-way', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'restart', on: 'Set System Boot Options', times: 1 });
    await bmc.setBootDevice({ device: 'disk', persistent: true });
    expect(simulator.bootFlags).toMatchObject({ device: 'disk', persistent: true, valid: true });
  });

  it('one that loses every session is told', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'restart', on: 'Get Chassis Status' });
    expect(await rejection(bmc.chassisStatus())).toMatchObject({ name: 'SessionLost', retriable: true });
    simulator.clearFaults();
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on' });
  });

  it('a session that was given up is given back to a BMC that still had it', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator);
    simulator.inject({ fault: 'lose answers', on: 'Chassis Control', times: 1 });
    expect(await rejection(bmc.chassisControl('hard reset'))).toMatchObject({ name: 'SessionLost' });
    expect(simulator.counts['RAKP Message 3']).toBe(2);
    expect(simulator.openSessions).toBe(1);
  });

  it('a session that timed out for want of use is opened anew', async () => {
    const timers = heldTimers();
    const simulator = await aBmc({ sessionTimeoutMs: 60_000, after: timers.after });
    const bmc = await connected(simulator);
    timers.fire(60_000);
    expect(simulator.openSessions).toBe(0);
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on' });
  });

  it('a session is kept alive where that is asked for', async () => {
    const simulator = await aBmc();
    await connected(simulator, { keepAliveMs: 10, timeoutMs: 1000 });
    await until('five signs of life', () => (simulator.counts['Get Device ID'] ?? 0) >= 5);
    expect(simulator.counts['RAKP Message 3']).toBe(1);
  });

  it('a session that was lost is opened anew by the keep-alive', async () => {
    const simulator = await aBmc();
    await connected(simulator, { keepAliveMs: 10 });
    simulator.restart();
    await until('a new session', () => simulator.openSessions === 1);
  });

  it('a changed password is told, as the cause', async () => {
    const users = { admin: { password: PASSWORD } };
    const simulator = await aBmc({ users });
    const bmc = await connected(simulator);
    users.admin.password = 'changed';
    simulator.restart();
    expect(await rejection(bmc.chassisStatus())).toMatchObject({
      name: 'SessionLost',
      cause: { name: 'BmcCredentialsRejected' },
    });
    expect(await rejection(bmc.chassisStatus())).toMatchObject({ name: 'BmcCredentialsRejected', retriable: false });
  });
});

describe('A process that is held up', () => {
  it('hears what came meanwhile, before it takes a BMC for silent', async () => {
    const timers = heldTimers();
    const simulator = await aBmc({ after: timers.after });
    const bmc = await connected(simulator, { timeoutMs: 100, retries: 0 });
    simulator.inject({ fault: 'delay answers', delayMs: 50, on: 'Get Chassis Status', times: 1 });
    const asked = bmc.chassisStatus();
    await until('the question', () => simulator.counts['Get Chassis Status'] === 1);
    // After immediates, timers are looked at before sockets.
    await new Promise(resolve => setImmediate(resolve));
    timers.fire(50);
    for (const end = performance.now() + 300; performance.now() < end;);
    expect(await asked).toMatchObject({ power: 'on' });
    expect(simulator.counts['Get Chassis Status']).toBe(1);
  });
});

describe('A BMC that is away', () => {
  it('cannot be connected to', async () => {
    const simulator = await aBmc();
    simulator.inject({ fault: 'lose requests' });
    expect(await rejection(connected(simulator, { timeoutMs: 20 }))).toMatchObject({
      name: 'BmcUnreachable',
      retriable: true,
      mayHaveRun: false,
      message: expect.stringContaining('gave no answer to Get Channel Authentication Capabilities in 80 ms'),
    });
    expect(await rejection(presencePing({ ...simulator, timeoutMs: 20, retries: 1 }))).toMatchObject({
      name: 'BmcUnreachable',
    });
  });

  it('cannot be connected to where nothing listens', async () => {
    const { host, port, close } = await createBmcSimulator({ users: {} });
    await close();
    expect(await rejection(connect({ host, port, timeoutMs: 20, retries: 1 }))).toMatchObject({
      name: 'BmcUnreachable',
    });
  });

  it('cannot be connected to from an address that is not of this machine', async () => {
    const error = await rejection(connected(await aBmc(), { localAddress: '192.0.2.77' }));
    expect(error).toMatchObject({ name: 'BmcUnreachable', message: expect.stringContaining('EADDRNOTAVAIL') });
  });

  it('fails reads and writes, and serves again when it is back', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator, { timeoutMs: 30, retries: 1 });
    const comeBack = simulator.inject({ fault: 'lose requests' });
    expect(await rejection(bmc.chassisStatus())).toMatchObject({ name: 'BmcUnreachable', retriable: true });
    expect(await rejection(bmc.chassisControl('power cycle'))).toMatchObject({ name: 'BmcUnreachable' });
    comeBack();
    await until('the BMC to serve again', () =>
      bmc.chassisStatus().then(
        ({ power }) => power === 'on',
        () => false,
      ),
    );
  });

  it('says of a write that found it out beforehand that it has not run', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator, { timeoutMs: 30, retries: 1, checkAfterMs: 0 });
    simulator.inject({ fault: 'lose requests' });
    const outcome = await rejection(bmc.chassisControl('power cycle'));
    expect(outcome).toMatchObject({ name: 'BmcUnreachable', retriable: true, mayHaveRun: false });
    expect(simulator.boots).toHaveLength(0);
  });

  it('says of a write in the open session that it may have run', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator, { timeoutMs: 30, retries: 1 });
    simulator.inject({ fault: 'restart', downMs: 60_000, on: 'Chassis Control', times: 1 });
    expect(await rejection(bmc.chassisControl('power cycle'))).toMatchObject({
      name: 'BmcUnreachable',
      mayHaveRun: true,
    });
    expect(simulator.counts['Chassis Control']).toBe(1);
  });
});

describe('Closing', () => {
  it('lets the command under way end, and no other begin', async () => {
    const timers = heldTimers();
    const simulator = await aBmc({ after: timers.after });
    const bmc = await connected(simulator, { timeoutMs: 60_000 });
    simulator.inject({ fault: 'delay answers', delayMs: 50, on: 'Get Chassis Status', times: 1 });
    const underWay = bmc.chassisStatus();
    const waiting = rejection(bmc.chassisControl('power down'));
    await until('the command to be under way', () => simulator.counts['Get Chassis Status'] === 1);
    const closed = Promise.all([bmc.close(), bmc.close()]);
    timers.fire(50);
    await closed;
    expect(await underWay).toMatchObject({ power: 'on' });
    expect(await waiting).toMatchObject({ name: 'ConnectionClosed', mayHaveRun: false });
    expect(await rejection(bmc.chassisStatus())).toMatchObject({ name: 'ConnectionClosed', retriable: false });
    expect(simulator.power).toBe('on');
    expect(simulator.openSessions).toBe(0);
  });

  it('is no error with a BMC that is away', async () => {
    const simulator = await aBmc();
    const bmc = await connected(simulator, { timeoutMs: 30 });
    simulator.inject({ fault: 'lose requests' });
    await bmc.close();
  });

  it('leaves neither sockets nor timers', async () => {
    const inUse = () => {
      const all = process.getActiveResourcesInfo();
      return {
        sockets: all.filter(name => /UDP/.test(name)).length,
        timers: all.filter(name => name === 'Timeout').length,
      };
    };
    const before = inUse();
    const simulator = await aBmc();
    const bmc = await connected(simulator, { keepAliveMs: 1000 });
    await bmc.chassisStatus();
    await rejection(connected(simulator, { password: 'wrong' }));
    await rejection(connected(simulator, { localAddress: '192.0.2.77' }));
    expect(inUse().sockets).toBeGreaterThan(before.sockets);
    await bmc.close();
    await simulator.close();
    const after = inUse();
    // Not more: what others had left before may have ended meanwhile.
    expect(after.sockets).toBeLessThanOrEqual(before.sockets);
    expect(after.timers).toBeLessThanOrEqual(before.timers);
  });
});
