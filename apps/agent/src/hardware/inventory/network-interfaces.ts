import { join } from 'node:path';
import { exists, linkName, linkTarget, listFolder, readNumber, readText } from '../../machine/files.js';
import type { Machine } from '../../machine/machine.js';
import type { NetworkInterface } from './inventory.js';

const pciAddress = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/** The PCI function above a device: of a virtio card, the device's parent. */
const pciOf = async (device: string): Promise<string | null> => {
  const parts = (await linkTarget(device))?.split('/') ?? [];
  return parts.reverse().find(part => pciAddress.test(part)) ?? null;
};

/** A device on InfiniBand is known to DHCP by its port's GUID (RFC 4390), behind this prefix of Ironic's. */
const clientId = (address: string): string | null =>
  address.length === 59 ? `ff:00:00:00:00:00:02:00:00:02:c9:00:${address.slice(36)}` : null;

const speed = async (folder: string): Promise<number | null> => {
  const mbps = await readNumber(join(folder, 'speed'));
  return mbps !== undefined && mbps > 0 ? mbps : null;
};

const describe = async (machine: Machine, name: string): Promise<NetworkInterface> => {
  const folder = join(machine.roots.sys, 'class/net', name);
  const read = (file: string): Promise<string | undefined> => readText(join(folder, file));
  const addresses = machine.addresses()[name] ?? [];
  const ofFamily = (family: string): string | null =>
    addresses.find(address => address.family === family && !address.address.startsWith('fe80'))?.address ?? null;
  const mac = ((await read('address')) ?? '').toLowerCase();
  return {
    name,
    mac_address: mac,
    ipv4_address: ofFamily('IPv4'),
    ipv6_address: ofFamily('IPv6'),
    has_carrier: (await read('carrier')) === '1',
    lldp: null,
    vendor: (await read('device/vendor')) ?? null,
    product: (await read('device/device')) ?? null,
    client_id: clientId(mac),
    // Names by BIOS need the program of that name, which distributions have dropped.
    biosdevname: null,
    speed_mbps: await speed(folder),
    pci_address: await pciOf(join(folder, 'device')),
    driver: (await linkName(join(folder, 'device/driver'))) ?? null,
  };
};

/** Interfaces with hardware behind them: no loopback, bridges, tunnels. */
export const listNetworkInterfaces = async (machine: Machine): Promise<NetworkInterface[]> => {
  const folder = join(machine.roots.sys, 'class/net');
  const interfaces: NetworkInterface[] = [];
  for (const name of await listFolder(folder)) {
    if (!(await exists(join(folder, name, 'device')))) continue;
    const one = await describe(machine, name);
    if (one.mac_address !== '') interfaces.push(one);
  }
  return interfaces;
};
