import { afterEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { aBmc, closeAll, connected, PASSWORD, rejection, until } from '../simulator/test-bench.js';
import { authenticationCapabilities, connect, presencePing } from './connect.js';
import type { ConnectOptions } from './connect-options.js';

const KG = 'a0b1c2d3e4f5a6b7c8d9eaf0b1c2d3e4f5a6b7c8';

afterEach(closeAll);

describe.each([3, 17] as const)('A session with cipher suite %i', cipherSuite => {
  it('runs commands and is closed in the BMC', async () => {
    const simulator = await aBmc({ cipherSuites: [cipherSuite], deviceId: { manufacturerId: 674, firmware: [2, 49] } });
    const bmc = await connected(simulator, { cipherSuite });

    expect(bmc.cipherSuite).toBe(cipherSuite);
    expect(simulator.openSessions).toBe(1);
    expect(await bmc.deviceId()).toMatchObject({ manufacturerId: 674, firmwareRevision: '2.49', ipmiVersion: '2.0' });
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'off' });
    await bmc.close();
    expect(simulator.openSessions).toBe(0);
  });

  it('drives power', async () => {
    const simulator = await aBmc({ cipherSuites: [cipherSuite] });
    const bmc = await connected(simulator, { cipherSuite });

    await bmc.chassisControl('power up');
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'on', lastPowerEvent: { onByCommand: true } });
    await bmc.chassisControl('power cycle');
    await bmc.chassisControl('hard reset');
    expect(simulator.boots).toHaveLength(3);
    await bmc.chassisControl('diagnostic interrupt');
    expect(simulator.diagnosticInterrupts).toBe(1);
    await bmc.chassisControl('soft shutdown');
    expect(simulator.power).toBe('off');
    await bmc.chassisControl('power up');
    await bmc.chassisControl('power down');
    expect(await bmc.chassisStatus()).toMatchObject({ power: 'off' });
  });

  it('sets and reads the boot device', async () => {
    const simulator = await aBmc({ cipherSuites: [cipherSuite] });
    const bmc = await connected(simulator, { cipherSuite });

    await bmc.setBootDevice({ device: 'pxe', persistent: true, efi: true, disableTimeout: true });
    expect(await bmc.getBootDevice()).toEqual({ device: 'pxe', persistent: true, efi: true, valid: true });
    await bmc.setBootDevice({ device: 'cdrom' });
    expect(simulator.bootFlags).toEqual({ device: 'cdrom', persistent: false, efi: false, valid: true });
    await bmc.chassisControl('power up');
    expect(simulator.boots[0]).toMatchObject({ device: 'cdrom', valid: true });
    expect(await bmc.getBootDevice()).toMatchObject({ valid: false });
  });

  it('needs the BMC key where there is one', async () => {
    const simulator = await aBmc({ cipherSuites: [cipherSuite], kg: KG });
    await (await connected(simulator, { kg: KG })).chassisStatus();

    for (const kg of [undefined, 'a0b1c2d3'])
      expect(await rejection(connected(simulator, { kg }))).toMatchObject({ name: 'BmcCredentialsRejected' });
    expect(await authenticationCapabilities(simulator)).toMatchObject({ needsBmcKey: true });
  });

  it('rejects a wrong password, a wrong name and too high a level, for good', async () => {
    const simulator = await aBmc({
      cipherSuites: [cipherSuite],
      users: { admin: PASSWORD, guest: { password: 'guest', privilege: 'user' } },
    });
    const wrong: Partial<ConnectOptions>[] = [
      { password: 'incorrect horse' },
      { username: 'nobody' },
      { username: '__proto__' },
      { username: 'guest', password: 'guest' },
      { username: 'guest', password: 'guest', usernameLookup: 'name and privilege' },
    ];
    for (const options of wrong)
      expect(await rejection(connected(simulator, options))).toMatchObject({
        name: 'BmcCredentialsRejected',
        retriable: false,
        mayHaveRun: false,
      });
    expect(simulator.openSessions).toBe(0);
  });
});

describe('The choice of the cipher suite', () => {
  it('is 17 where it is offered, else 3', async () => {
    expect((await connected(await aBmc({ cipherSuites: [3, 17] }))).cipherSuite).toBe(17);
    expect((await connected(await aBmc({ cipherSuites: [3] }))).cipherSuite).toBe(3);
  });

  it('is found by trying where the BMC does not list its suites', async () => {
    const mute = await aBmc({ cipherSuites: [3] });
    mute.inject({ fault: 'lose requests', on: 'Get Channel Cipher Suites' });
    expect((await connected(mute, { timeoutMs: 100 })).cipherSuite).toBe(3);

    const refusing = await aBmc({ cipherSuites: [3] });
    refusing.inject({ fault: 'refuse', completionCode: 0xc1, on: 'Get Channel Cipher Suites' });
    expect((await connected(refusing)).cipherSuite).toBe(3);
  });

  it('fails where the suite asked for is not offered', async () => {
    const simulator = await aBmc({ cipherSuites: [3] });
    expect(await rejection(connected(simulator, { cipherSuite: 17 }))).toMatchObject({
      name: 'CipherSuiteRefused',
      retriable: false,
      message: expect.stringContaining('No cipher suite match'),
    });
  });

  it('fails where the BMC offers none of ours', async () => {
    const simulator = await aBmc({ cipherSuites: [] });
    expect(await rejection(connected(simulator))).toMatchObject({ name: 'CipherSuiteRefused' });
  });
});

describe('Users and levels', () => {
  it('logs in the null user', async () => {
    const simulator = await aBmc({ users: { '': 'nobody knows' } });
    await connected(simulator, { username: '', password: 'nobody knows' });
    expect(await authenticationCapabilities(simulator)).toMatchObject({ hasNullUser: true, hasNamedUsers: false });
  });

  it('logs in with the longest name and password', async () => {
    const [name, password] = ['n'.repeat(16), 'p'.repeat(20)];
    await connected(await aBmc({ users: { [name]: password } }), { username: name, password });
  });

  it('finds the user by name and level when told to', async () => {
    const simulator = await aBmc({ users: { op: { password: 'op', privilege: 'operator' } } });
    const options = { username: 'op', password: 'op', usernameLookup: 'name and privilege' } as const;
    await connected(simulator, { ...options, privilege: 'operator' });
    expect(await rejection(connected(simulator, { ...options, privilege: 'user' }))).toMatchObject({
      name: 'BmcCredentialsRejected',
    });
  });

  it('is refused what the level of the session does not allow', async () => {
    const bmc = await connected(await aBmc(), { privilege: 'user' });
    await bmc.chassisStatus();
    expect(await rejection(bmc.chassisControl('power up'))).toMatchObject({
      name: 'BmcRefused',
      completionCode: 0xd4,
      retriable: false,
    });
  });

  it('lets only an administrator set a persistent boot device', async () => {
    const bmc = await connected(await aBmc(), { privilege: 'operator' });
    await bmc.setBootDevice({ device: 'pxe' });
    expect(await rejection(bmc.setBootDevice({ device: 'pxe', persistent: true }))).toMatchObject({
      completionCode: 0xd4,
    });
  });

  it('is told when the BMC has no session left, and may try again', async () => {
    const simulator = await aBmc({ maxSessions: 1 });
    const first = await connected(simulator);
    expect(await rejection(connected(simulator))).toMatchObject({ name: 'SessionRefused', status: 1, retriable: true });
    await first.close();
    await connected(simulator);
  });

  it('leaves no half-open session behind after a wrong password', async () => {
    const simulator = await aBmc({ maxSessions: 1 });
    await rejection(connected(simulator, { password: 'wrong' }));
    await connected(simulator);
  });
});

describe('Other commands', () => {
  it('reads the GUID', async () => {
    const simulator = await aBmc({ guid: '33221100554477668899aabbccddeeff' });
    const bmc = await connected(simulator);
    expect((await bmc.systemGuid()).smbios).toBe('00112233-4455-6677-8899-aabbccddeeff');
  });

  it('sends raw commands and gives the completion code of those refused', async () => {
    const bmc = await connected(await aBmc({ power: 'on' }));
    expect((await bmc.raw(0x00, 0x01)).readUInt8() & 1).toBe(1);
    expect(await rejection(bmc.raw(0x0a, 0x10))).toMatchObject({ name: 'BmcRefused', completionCode: 0xc1 });
    expect(await rejection(bmc.raw(0x01, 0x10))).toBeInstanceOf(RangeError);
  });

  it('answers a presence ping without credentials', async () => {
    expect(await presencePing(await aBmc())).toMatchObject({ supportsIpmi: true });
  });

  it('works over IPv6', async () => {
    const simulator = await aBmc({ host: '::1' });
    expect(await (await connected(simulator)).chassisStatus()).toMatchObject({ power: 'off' });
  });

  it('sends from the local address asked for', async () => {
    const bmc = await connected(await aBmc(), { localAddress: '127.0.0.2' });
    await bmc.chassisStatus();
  });
});

describe('Many at once', () => {
  it('serves 20 clients', async () => {
    const simulator = await aBmc();
    const clients = await Promise.all(Array.from({ length: 20 }, () => connected(simulator)));
    expect(simulator.openSessions).toBe(20);
    const statuses = await Promise.all(clients.flatMap(bmc => Array.from({ length: 10 }, () => bmc.chassisStatus())));
    expect(statuses).toHaveLength(200);
    expect(statuses.every(({ power }) => power === 'off')).toBe(true);
    await Promise.all(clients.map(bmc => bmc.close()));
    expect(simulator.openSessions).toBe(0);
  });

  it('runs the commands of one session one after another, in the order of the calls', async () => {
    const bmc = await connected(await aBmc());
    const order: string[] = [];
    await Promise.all([
      bmc.chassisControl('power up').then(() => order.push('up')),
      bmc.chassisStatus().then(({ power }) => order.push(power)),
      bmc.chassisControl('power down').then(() => order.push('down')),
      bmc.chassisStatus().then(({ power }) => order.push(power)),
    ]);
    expect(order).toEqual(['up', 'on', 'down', 'off']);
  });

  it('goes on after a command that failed', async () => {
    const bmc = await connected(await aBmc());
    const [failed, status] = await Promise.allSettled([bmc.chassisControl('hard reset'), bmc.chassisStatus()]);
    expect(failed).toMatchObject({ status: 'rejected', reason: { completionCode: 0xd5 } });
    expect(status).toMatchObject({ status: 'fulfilled' });
  });

  it('survives more commands than message sequence numbers', async () => {
    const bmc = await connected(await aBmc());
    for (let count = 0; count < 200; count++) await bmc.chassisStatus();
  });
});

describe('A signal that aborts', () => {
  it('ends a command under way at once, and everything after it', async () => {
    const simulator = await aBmc();
    const [given, arrived] = [new AbortController(), 'Get Chassis Status'];
    const bmc = await connected(simulator, { signal: given.signal, timeoutMs: 1_000_000 });
    simulator.inject({ fault: 'lose answers' });
    const underWay = rejection(bmc.chassisStatus());
    await until('the command to be under way', () => simulator.counts[arrived] === 1);
    given.abort();
    expect(await underWay).toMatchObject({ name: 'ConnectionClosed' });
    expect(await rejection(bmc.deviceId())).toMatchObject({ name: 'ConnectionClosed' });
    await bmc.close();
  });

  it('ends a connection that is being made', async () => {
    const simulator = await aBmc();
    simulator.inject({ fault: 'lose answers', on: 'RAKP Message 1' });
    const given = new AbortController();
    const underWay = rejection(connected(simulator, { signal: given.signal, timeoutMs: 1_000_000 }));
    await until('the handshake to be under way', () => simulator.counts['RAKP Message 1'] === 1);
    given.abort();
    expect(await underWay).toMatchObject({ name: 'ConnectionClosed' });
    expect(await rejection(connected(simulator, { signal: given.signal }))).toMatchObject({ name: 'ConnectionClosed' });
  });
});

describe('Secrets', () => {
  it('are in no error, and in nothing that inspection shows', async () => {
    const simulator = await aBmc({ kg: KG });
    const secrets = { password: 'Tr0ub4dor&3', kg: 'deadbeefcafe' };
    const shown = [
      await connected(simulator, { kg: KG }),
      simulator,
      await rejection(connected(simulator, secrets)),
      await rejection(connected(simulator, { ...secrets, password: PASSWORD })),
      await rejection(connected(simulator, { ...secrets, password: secrets.password.repeat(2) })),
      await rejection(connected(simulator, { ...secrets, kg: 'deadbeefcafe0' })),
      await rejection(connected(simulator, { ...secrets, username: 'a name that is too long' })),
    ]
      .map(thing => inspect(thing, { depth: Infinity, showHidden: true, getters: true }) + JSON.stringify(thing))
      .join('\n');
    const hexOf = (text: string): string => Buffer.from(text).toString('hex');
    for (const secret of [PASSWORD, secrets.password, KG, secrets.kg]) {
      expect(shown).not.toContain(secret);
      expect(shown.replaceAll(' ', '')).not.toContain(hexOf(secret));
    }
    expect(shown.replaceAll(' ', '')).not.toContain(KG.slice(0, 8));
  });
});

describe('Options', () => {
  it.each<[Partial<ConnectOptions>, string]>([
    [{ host: '' }, 'host'],
    [{ port: 0 }, 'port'],
    [{ port: 70_000 }, 'port'],
    [{ username: 'x'.repeat(17) }, 'username'],
    [{ password: 'x'.repeat(21) }, 'password'],
    [{ kg: 'abc' }, 'kg'],
    [{ kg: '00'.repeat(21) }, 'kg'],
    [{ privilege: 'root' as never }, 'privilege'],
    [{ cipherSuite: 8 as never }, 'cipherSuite'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ retries: -1 }, 'retries'],
    [{ keepAliveMs: 0 }, 'keepAliveMs'],
  ])('%j are refused by name', async (options, name) => {
    const error = await rejection(connect({ host: '127.0.0.1', ...options }));
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(new RegExp(`^${name}: `));
  });

  it('take a BMC key of zeros for none, as BMCs do', async () => {
    await connected(await aBmc(), { kg: '00'.repeat(20) });
  });
});
