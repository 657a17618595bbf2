import { describe, expect, it } from '@jest/globals';
import { readClientSettings } from './client.js';
import { ConfigurationError } from './configuration-error.js';
import { readConfiguration } from './configuration.js';

const read = (flags: Record<string, unknown>, environment: Record<string, string> = {}) =>
  readConfiguration({ flags, environment });

const faultsOf = (run: () => unknown): readonly string[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
};

describe('readConfiguration', () => {
  it('lets a flag win over a variable and a variable over the default, and says so', () => {
    const { configuration, settings } = read({ port: '7000' }, { FERROLOG_PORT: '7001', FERROLOG_LOG_LEVEL: 'warn' });
    expect(configuration).toMatchObject({ port: 7000, logLevel: 'warn', host: '127.0.0.1' });
    const origins = Object.fromEntries(settings.map(({ name, origin }) => [name, origin]));
    expect(origins).toMatchObject({ port: 'flag --port', logLevel: 'variable FERROLOG_LOG_LEVEL', host: 'default' });
  });

  it('names every wrong value in one go', () => {
    const faults = faultsOf(() => read({ port: 'abc' }, { FERROLOG_WORKERS: '0', FERROLOG_COLOUR: 'red' }));
    expect(faults).toHaveLength(3);
    expect(faults.join('\n')).toMatch(/FERROLOG_COLOUR: there is no such variable/);
    expect(faults.join('\n')).toMatch(/--port: port .*integer.*"abc"/);
    expect(faults.join('\n')).toMatch(/FERROLOG_WORKERS: workers .*>= 1/);
  });

  it('lets the variables of clients be', () => {
    const ours = { FERROLOG_SERVER: 'http://metal', FERROLOG_USER: 'ann', FERROLOG_PASSWORD: 'x' };
    expect(faultsOf(() => read({}, ours))).toEqual([]);
  });

  it.each(['0.0.0.0', '::', '192.0.2.7', 'metal.example.org'])('does not let everybody in from afar on %s', host => {
    expect(faultsOf(() => read({ host }))).toEqual([expect.stringContaining('allowAnonymousRemote')]);
    expect(faultsOf(() => read({ host, allowAnonymousRemote: true }))).toEqual([]);
    expect(faultsOf(() => read({ host, authStrategy: 'http_basic' }))).toEqual([]);
  });

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('lets everybody of this machine in on %s', host => {
    expect(faultsOf(() => read({ host }))).toEqual([]);
  });
});

describe('trustProxy', () => {
  it('takes addresses and networks', () => {
    const { configuration } = read({ trustProxy: '127.0.0.1, 10.0.0.0/8,fd00::/8' });
    expect(configuration.trustProxy).toEqual(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);
  });

  it.each(['proxy.example.org', '10.0.0.0/33', '0.0.0.0/0', '10.0.0.0/', '10.0.0.0/8/8', 'true'])(
    'does not take %s',
    proxy => {
      expect(faultsOf(() => read({ trustProxy: proxy }))).toEqual([expect.stringContaining(proxy)]);
    },
  );
});

describe('readClientSettings', () => {
  it('lets a flag win over a variable, and that over the default', () => {
    expect(readClientSettings({}, {})).toEqual({ server: 'http://127.0.0.1:6385' });
    expect(readClientSettings({}, { FERROLOG_SERVER: 'https://metal/base/' })).toEqual({
      server: 'https://metal/base',
    });
    expect(readClientSettings({ server: 'http://b' }, { FERROLOG_SERVER: 'http://a' }).server).toBe('http://b');
  });

  it('refuses what is no address, and a user or a password that stands alone', () => {
    expect(faultsOf(() => readClientSettings({ server: 'metal:6385' }, { FERROLOG_USER: 'ann' }))).toHaveLength(2);
    expect(faultsOf(() => readClientSettings({ password: 'x' }, {}))).toHaveLength(1);
  });
});

describe('the engines', () => {
  const server = { eventStore: 'kurrentdb://s:2113', database: 'postgres://u:secret@d/f', workLog: 'kafka://k:9092' };
  const faults = (flags: object) => faultsOf(() => read(flags as Record<string, unknown>));

  it('may be servers, or all in this process', () => {
    expect(faults({})).toEqual([]);
    expect(faults({ ...server, masterKey: '/k', roles: 'api,relay' })).toEqual([]);
    expect(faults({ database: server.database, masterKey: '/k' })).toEqual([]);
  });

  it('must be servers where other processes do the rest', () => {
    expect(faults({ roles: 'api' })).toEqual([expect.stringMatching(/cannot reach eventStore, database, workLog/)]);
  });

  it('need one key for all, and a database beside a store that is a server', () => {
    expect(faults(server)).toEqual([expect.stringMatching(/one masterKey/)]);
    expect(faults({ eventStore: server.eventStore })).toEqual([expect.stringMatching(/address of PostgreSQL/)]);
  });

  it('are not given credentials that they do not use', () => {
    const kafka = { ...server, masterKey: '/k' };
    expect(faults({ workLogUser: 'u', workLogCa: '/ca' })).toHaveLength(2);
    expect(faults({ ...kafka, workLogCa: '/ca' })).toEqual([expect.stringMatching(/kafkas:\/\//)]);
    expect(faults({ ...kafka, workLog: 'kafkas://k', workLogCertificate: '/c' })).toHaveLength(1);
    expect(faults({ ...kafka, workLogUser: 'u' })).toEqual([expect.stringMatching(/has no password/)]);
    expect(faults({ ...kafka, workLogPassword: 'p' })).toEqual([expect.stringMatching(/workLogUser is missing/)]);
    expect(faults({ ...kafka, workLogUser: 'u', workLogPassword: 'p', workLogPasswordFile: '/p' })).toHaveLength(1);
    expect(faults({ ...kafka, workLog: 'kafkas://k', workLogUser: 'u', workLogPassword: 'p' })).toEqual([]);
  });

  it('share a Kafka with others under a prefix that its names can have', () => {
    expect(read({}).configuration.workLogPrefix).toBe('ferrolog');
    expect(read({ workLogPrefix: 'site-2.metal' }).configuration.workLogPrefix).toBe('site-2.metal');
    expect(faults({ workLogPrefix: 'two words' })).toHaveLength(1);
    expect(faults({ workLogPrefix: '' })).toHaveLength(1);
  });

  it('are refused by name, and never with their password', () => {
    const [fault] = faults({ database: 'mysql://u:secret@d/f' });
    expect(fault).toMatch(/database .*mysql:\/\/u:\*\*\*@d/);
    expect(fault).not.toMatch(/secret/);
    expect(faults({ workLog: 'kafka://u:secret@k:9092' }).join()).toMatch(/workLog (?!.*secret)/);
    expect(faults({ workLogPassword: ['secret'] }).join()).toMatch(/workLogPassword (?!.*secret)/);
    expect(faults({ roles: 'king' })).toHaveLength(1);
  });
});

describe('What machines boot from', () => {
  const boot = (more: Record<string, unknown>) => ({ bootServices: true, bootAddress: '10.0.0.1', ...more });

  it('has a URL of its own where none is given', () => {
    expect(read(boot({})).configuration.bootHttpUrl).toBe('http://10.0.0.1:8080');
    expect(read(boot({ bootAddress: 'fd00::1' })).configuration.bootHttpUrl).toBe('http://[fd00::1]:8080');
  });

  it('needs an address that machines can be told, and an interface and addresses for DHCP', () => {
    expect(faultsOf(() => read(boot({ bootAddress: '0.0.0.0' })))).toEqual([expect.stringContaining('bootHttpUrl')]);
    expect(faultsOf(() => read(boot({ bootHttpPort: 0 })))).toEqual([expect.stringContaining('bootHttpUrl')]);
    expect(faultsOf(() => read(boot({ bootAddress: '::', bootHttpUrl: 'http://boot.example.org' })))).toEqual([]);
    expect(faultsOf(() => read(boot({ bootDhcp: 'dnsmasq' })))).toEqual([expect.stringContaining('bootDhcpRange')]);
    expect(faultsOf(() => read({ bootDhcp: 'dnsmasq' }))).toEqual([]);
    const injected = boot({ bootDhcpRange: '10.0.0.1,10.0.0.9\nuser=root' });
    expect(faultsOf(() => read(injected))).toEqual([expect.stringContaining('bootDhcpRange')]);
  });
});
