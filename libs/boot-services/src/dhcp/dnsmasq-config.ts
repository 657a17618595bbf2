import { join } from 'node:path';
import type { NetworkBoot } from '#domain';

export interface DhcpSettings {
  /** Network interface that it answers on, and on no other. */
  readonly interface: string;
  /** First and last address, and a netmask where the interface has another: `10.0.0.10,10.0.0.200`. */
  readonly range: string;
}

/** Files of dnsmasq, all in one folder. */
export const filesIn = (folder: string) => ({
  configuration: join(folder, 'dnsmasq.conf'),
  hosts: join(folder, 'hosts'),
  leases: join(folder, 'leases'),
  pid: join(folder, 'pid'),
});

/**
 * The configuration of dnsmasq. Everybody gets an address; what to boot is told only to whom something is prepared for,
 * whom the file of hosts gives the tag `script` (iPXE) or `plain` (PXELINUX or GRUB).
 *
 * Who asks is told apart by what it sends (RFC 2132, 4578): iPXE sends option 175, firmware that boots by HTTP the
 * vendor class HTTPClient, which it wants to hear again, and the others their architecture: 0 is BIOS, 7 and 9 are UEFI.
 */
export const dnsmasqConfig = (
  { interface: name, range }: DhcpSettings,
  { folder, httpUrl, user }: { folder: string; httpUrl: string; user?: string },
): string => {
  const { hosts, leases } = filesIn(folder);
  const lines = [
    '# Written at every start: changes are lost.',
    // DHCP only, no DNS.
    'port=0',
    'no-resolv',
    'no-hosts',
    'log-facility=-',
    `interface=${name}`,
    'except-interface=lo',
    'bind-interfaces',
    // It reads its hosts again and again, in a folder that only we may enter.
    ...(user === undefined ? [] : [`user=${user}`]),
    `dhcp-range=${range},1h`,
    `dhcp-leasefile=${leases}`,
    `dhcp-hostsfile=${hosts}`,
    'dhcp-match=set:ipxe,175',
    'dhcp-vendorclass=set:http,HTTPClient',
    'dhcp-match=set:bios,option:client-arch,0',
    'dhcp-match=set:uefi,option:client-arch,7',
    'dhcp-match=set:uefi,option:client-arch,9',
    `dhcp-boot=tag:script,tag:ipxe,${httpUrl}/boot.ipxe`,
    `dhcp-boot=tag:script,tag:!ipxe,tag:http,${httpUrl}/snponly.efi`,
    'dhcp-boot=tag:script,tag:!ipxe,tag:!http,tag:bios,undionly.kpxe',
    'dhcp-boot=tag:script,tag:!ipxe,tag:!http,tag:uefi,snponly.efi',
    `dhcp-boot=tag:plain,tag:http,${httpUrl}/bootx64.efi`,
    'dhcp-boot=tag:plain,tag:!http,tag:bios,pxelinux.0',
    'dhcp-boot=tag:plain,tag:!http,tag:uefi,bootx64.efi',
    ...['script', 'plain'].map(tag => `dhcp-option-force=tag:${tag},tag:http,60,HTTPClient`),
    // iPXE waits 3 s for a proxy of DHCP unless it is told that there is none, and 16 s for a router of IPv6: dnsmasq
    // answers for one where the interface has an address of IPv6 that is not link-local.
    'dhcp-option=tag:ipxe,encap:175,176,1b',
    'enable-ra',
    `dhcp-range=::,constructor:${name},ra-only`,
  ];
  return `${lines.join('\n')}\n`;
};

/** Which machines are told what to boot, by MAC address. */
export const dnsmasqHosts = (boots: readonly Pick<NetworkBoot, 'addresses' | 'method'>[]): string =>
  boots
    .flatMap(({ addresses, method }) => addresses.map(address => `${address},set:${tagOf(method)}\n`))
    .toSorted()
    .join('');

const tagOf = (method: NetworkBoot['method']) => (method === 'ipxe' || method === 'http-ipxe' ? 'script' : 'plain');
