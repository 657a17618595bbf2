import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Clock } from '#domain';
import { isInstalled, temporaryFolder } from '#testing';
import { Dnsmasq } from './dnsmasq.js';
import { dnsmasqConfig, dnsmasqHosts } from './dnsmasq-config.js';

const run = promisify(execFile);
const clock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
/** Two network namespaces take root, and a machine that has them. */
const isPossible = process.getuid?.() === 0 && ['ip', 'dnsmasq', 'busybox'].every(isInstalled);
const known = '52:54:00:fe:00:01';
const unknown = '52:54:00:fe:00:02';

(isPossible ? describe : describe.skip)('dnsmasq tells machines what to boot', () => {
  const scratch = temporaryFolder();
  const [ours, theirs] = [`ferrolog-s${process.pid}`, `ferrolog-c${process.pid}`];
  const reports: object[] = [];
  let dnsmasq: Dnsmasq | undefined;
  const ip = (...words: string[]) => execFileSync('ip', words, { stdio: 'pipe' });

  /** As a firmware asks: `x` are options in hexadecimal digits, by number. */
  const ask = async (address: string, x: readonly string[], vendor = 'PXEClient:Arch:00000') => {
    ip('-n', theirs, 'link', 'set', 'boot0', 'down');
    ip('-n', theirs, 'link', 'set', 'boot0', 'address', address, 'up');
    const options = x.flatMap(option => ['-x', option]);
    const words = ['-i', 'boot0', '-f', '-q', '-n', '-t', '10', '-T', '1', '-s', scratch.file('bound'), '-V', vendor];
    const wanted = ['-O', 'bootfile', '-O', '60'];
    const { stdout } = await run('ip', ['netns', 'exec', theirs, 'busybox', 'udhcpc', ...words, ...wanted, ...options]);
    return JSON.parse(/^\{.*\}$/m.exec(stdout)![0]) as { ip: string; file: string; server: string; vendor: string };
  };

  beforeAll(async () => {
    const answer =
      '{\\"ip\\":\\"$ip\\",\\"file\\":\\"${bootfile:-$boot_file}\\",\\"server\\":\\"$siaddr\\",\\"vendor\\":\\"$opt60\\"}';
    const script = (name: string, text: string) => {
      writeFileSync(scratch.file(name), `#!/bin/sh\n${text}\n`);
      chmodSync(scratch.file(name), 0o755);
    };
    script('bound', `[ "$1" = bound ] && echo "${answer}"; exit 0`);
    script('dnsmasq', `exec ip netns exec ${ours} dnsmasq "$@"`);
    for (const name of [ours, theirs]) ip('netns', 'add', name);
    ip('-n', ours, 'link', 'add', 'boot0', 'type', 'veth', 'peer', 'name', 'boot0', 'netns', theirs);
    ip('-n', ours, 'address', 'add', '10.99.0.1/24', 'dev', 'boot0');
    ip('-n', ours, 'link', 'set', 'boot0', 'up');
    const folder = scratch.file('dhcp');
    const configuration = dnsmasqConfig(
      { interface: 'boot0', range: '10.99.0.10,10.99.0.20' },
      { folder, httpUrl: 'http://10.99.0.1:8080', user: 'root' },
    );
    const report = (message: string, details: object) => reports.push({ message, ...details });
    const parts = { folder, configuration, clock, report, program: scratch.file('dnsmasq') };
    dnsmasq = await Dnsmasq.start(parts, dnsmasqHosts([{ addresses: [known], method: 'ipxe' }]));
  });
  afterAll(async () => {
    await dnsmasq?.close();
    for (const name of [ours, theirs]) ip('netns', 'del', name);
    scratch.remove();
    expect(reports).toEqual([]);
  });

  it.each([
    ['BIOS', ['0x5d:0000'], undefined, 'undionly.kpxe'],
    ['UEFI', ['0x5d:0007'], undefined, 'snponly.efi'],
    ['UEFI, HTTP', ['0x5d:0010'], 'HTTPClient:Arch:00016:UNDI:003001', 'http://10.99.0.1:8080/snponly.efi'],
    ['iPXE', ['0x5d:0000', '0xaf:b105018000'], undefined, 'http://10.99.0.1:8080/boot.ipxe'],
  ])('%s', async (_, options, vendor, file) => {
    const answer = await ask(known, options, vendor);
    expect(answer).toMatchObject({ file, server: '10.99.0.1', ip: expect.stringMatching(/^10\.99\.0\.(1\d|20)$/) });
  });

  it('and nothing to others, until something is prepared for them', async () => {
    expect((await ask(unknown, ['0x5d:0000'])).file).toBe('');
    await dnsmasq!.update(dnsmasqHosts([{ addresses: [unknown], method: 'pxe' }]));
    expect((await ask(unknown, ['0x5d:0000'])).file).toBe('pxelinux.0');
    expect((await ask(known, ['0x5d:0000'])).file).toBe('');
  });
});
