import { describe, expect, it } from '@jest/globals';
import { writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { testMachine } from '../test-bench.js';
import { findParameters } from './find-parameters.js';
import { parseKernelParameters } from './kernel-parameters.js';
import { BadParameters, readParameters } from './parameters.js';

const read = (line: string) => readParameters(parseKernelParameters(line));

describe('the parameters of the agent', () => {
  it('may be written with - or _', () => {
    const expected = { apiUrls: ['http://a:6385', 'http://b'], insecure: true, listenPort: 9998, lookupTimeout: 300 };
    expect(read('ipa-api-url=http://a:6385/,http://b/v1 ipa-insecure=1 ipa-listen-port=9998')).toMatchObject({
      ...expected,
      lookupTimeout: 600,
    });
    expect(
      read('ipa_api_url=http://a:6385,http://b ipa_insecure=True ipa_listen_port=9998 ipa_lookup_timeout=300'),
    ).toMatchObject(expected);
  });

  it.each([
    ['BOOTIF=01-AA-bb-cc-dd-ee-ff', 'aa:bb:cc:dd:ee:ff'],
    ['BOOTIF=aa:bb:cc:dd:ee:ff', 'aa:bb:cc:dd:ee:ff'],
    ['BOOTIF=${net0/mac}', undefined],
    ['', undefined],
  ])('take the boot interface from %j', (line, mac) => {
    expect(read(line).bootInterface).toBe(mac);
  });

  it('keep a value with = and blanks together', () => {
    expect(parseKernelParameters('a="b c" d=e=f quiet')).toEqual(
      new Map([
        ['a', 'b c'],
        ['d', 'e=f'],
        ['quiet', ''],
      ]),
    );
  });

  it('are refused with every mistake named', () => {
    expect(() => read('ipa-listen-port=x ipa-lookup-timeout=-1 ipa-tls-min-version=1.1')).toThrow(BadParameters);
    expect(() => read('ipa-listen-port=x ipa-tls-min-version=1.1')).toThrow(
      /ipa-listen-port=x .*; ipa-tls-min-version=1.1 /,
    );
  });

  it('come from virtual media, too, which go before the rest', async () => {
    const machine = await testMachine({}, { blkid: () => '/dev/sr0\n', mount: () => '', umount: () => '' });
    const write = async (path: string, text: string): Promise<void> => {
      await mkdir(join(machine.folder, path, '..'), { recursive: true });
      await writeFile(join(machine.folder, path), text);
    };
    await write('proc/cmdline', 'boot_method=vmedia ipa-api-url=http://line ipa-debug=1\n');
    await write('etc/ferrolog-agent/parameters.txt', 'ipa-api-url=http://file\nipa-ntp-server=clock\n');
    await write('tmp/virtual-media/parameters.txt', 'ipa-api-url=http://media\nipa-agent-token=t\n');
    expect(await findParameters(machine)).toMatchObject({
      apiUrls: ['http://media'],
      ntpServer: 'clock',
      agentToken: 't',
      debug: true,
    });
    await machine.remove();
  });
});
