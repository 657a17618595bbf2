import type { Bag } from '../node.js';

/** Which interfaces of a machine become ports (`[inspector]add_ports`). */
export type AddPorts = 'all' | 'active' | 'pxe' | 'disabled';

export interface Found {
  readonly ports: readonly { readonly address: string; readonly isPxe: boolean }[];
  readonly properties: Bag;
  readonly pluginData: Bag;
}

interface Interface extends Bag {
  readonly name?: string;
  readonly mac_address?: string;
  readonly ipv4_address?: string | null;
  readonly ipv6_address?: string | null;
}

/**
 * What follows from an inventory, by Ironic's default hooks: validate-interfaces, ports and architecture (agent.md
 * section 12). A sentence where it cannot be used.
 */
export const foundBy = (inventory: Bag, addPorts: AddPorts): Found | string => {
  const all = ((inventory.interfaces ?? []) as Interface[]).filter(({ name, mac_address }) => name && mac_address);
  const boot = pxeAddress((inventory.boot as { pxe_interface?: unknown } | undefined)?.pxe_interface);
  const valid = all.filter(({ name, mac_address }) => name !== 'lo' && isAddress(String(mac_address)));
  if (valid.length === 0) return 'no valid network interfaces were found';
  const chosen = valid.filter(each => isChosen(each, addPorts, boot));
  if (addPorts !== 'disabled' && chosen.length === 0)
    return `none of the network interfaces is one that ports are made of (${addPorts})`;
  const architecture = (inventory.cpu as { architecture?: unknown } | undefined)?.architecture;
  if (typeof architecture !== 'string' || !architecture) return 'the inventory has no CPU architecture';
  return {
    ports: chosen.map(({ mac_address }) => {
      const address = String(mac_address).toLowerCase();
      return { address, isPxe: boot === undefined || address === boot };
    }),
    properties: { cpu_arch: architecture },
    pluginData: {
      all_interfaces: Object.fromEntries(all.map(each => [each.name, withPxe(each, boot)])),
      valid_interfaces: Object.fromEntries(valid.map(each => [each.name, withPxe(each, boot)])),
      macs: chosen.map(({ mac_address }) => String(mac_address).toLowerCase()),
    },
  };
};

const withPxe = (each: Interface, boot: string | undefined): Bag => ({
  ...each,
  pxe_enabled: String(each.mac_address).toLowerCase() === boot,
});

const isChosen = (each: Interface, addPorts: AddPorts, boot: string | undefined): boolean => {
  switch (addPorts) {
    case 'disabled':
      return false;
    case 'active':
      return Boolean(each.ipv4_address ?? each.ipv6_address);
    case 'pxe':
      // Where nobody knows from which one it booted, each may be it.
      return boot === undefined || String(each.mac_address).toLowerCase() === boot;
    default:
      return true;
  }
};

const isAddress = (text: string): boolean => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text);

/** `aa:bb:…`, or `01-aa-bb-…` as boot loaders write it. */
const pxeAddress = (given: unknown): string | undefined => {
  const text = String(given ?? '')
    .toLowerCase()
    .replaceAll('-', ':');
  const address = text.length > 17 ? text.slice(-17) : text;
  return isAddress(address) ? address : undefined;
};
