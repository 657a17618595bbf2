import { expect, it } from '@jest/globals';
import { dnsmasqConfig, dnsmasqHosts } from './dnsmasq-config.js';

const configuration = dnsmasqConfig(
  { interface: 'provision0', range: '10.0.0.10,10.0.0.200' },
  { folder: '/data/boot/dhcp', httpUrl: 'http://10.0.0.1:8080' },
);

/** What dnsmasq sends as boot file to whom has these tags: the first line whose tags all fit. */
const bootFile = (...tags: string[]): string | undefined => {
  for (const line of configuration.split('\n')) {
    const [, words] = /^dhcp-boot=(.*)$/.exec(line) ?? [];
    if (words === undefined) continue;
    const wanted = words.split(',');
    const file = wanted.pop();
    const fits = (tag: string) => (tag.startsWith('!') ? !tags.includes(tag.slice(1)) : tags.includes(tag));
    if (wanted.every(word => fits(word.replace('tag:', '')))) return file;
  }
  return undefined;
};

it.each([
  [['script', 'bios'], 'undionly.kpxe'],
  [['script', 'uefi'], 'snponly.efi'],
  [['script', 'http'], 'http://10.0.0.1:8080/snponly.efi'],
  [['script', 'ipxe', 'bios'], 'http://10.0.0.1:8080/boot.ipxe'],
  [['script', 'ipxe', 'uefi'], 'http://10.0.0.1:8080/boot.ipxe'],
  [['plain', 'bios'], 'pxelinux.0'],
  [['plain', 'uefi'], 'bootx64.efi'],
  [['plain', 'http'], 'http://10.0.0.1:8080/bootx64.efi'],
  // Nothing is prepared for it.
  [['bios'], undefined],
  [['ipxe', 'uefi'], undefined],
  [['http'], undefined],
])('Who is %j boots %s', (tags, file) => {
  expect(bootFile(...tags)).toBe(file);
});

it('Every address of a node has a line, the same for the same nodes', () => {
  const boots = [
    { addresses: ['52:54:00:00:00:03'], method: 'http' as const },
    { addresses: ['52:54:00:00:00:02', '52:54:00:00:00:01'], method: 'http-ipxe' as const },
  ];
  expect(dnsmasqHosts(boots)).toBe(
    '52:54:00:00:00:01,set:script\n52:54:00:00:00:02,set:script\n52:54:00:00:00:03,set:plain\n',
  );
  expect(dnsmasqHosts(boots.toReversed())).toBe(dnsmasqHosts(boots));
  expect(dnsmasqHosts([])).toBe('');
});
