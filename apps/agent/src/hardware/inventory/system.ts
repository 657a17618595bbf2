import { hostname } from 'node:os';
import { join } from 'node:path';
import { exists, readText } from '../../machine/files.js';
import type { Machine } from '../../machine/machine.js';
import { tryRun } from '../../machine/run-command.js';
import type { Inventory, SystemVendor } from './inventory.js';

export const readSystemVendor = async (machine: Machine): Promise<SystemVendor> => {
  const read = async (name: string): Promise<string | null> =>
    (await readText(join(machine.roots.sys, 'class/dmi/id', name))) || null;
  return {
    product_name: await read('product_name'),
    serial_number: await read('product_serial'),
    manufacturer: await read('sys_vendor'),
    firmware: {
      vendor: await read('bios_vendor'),
      version: await read('bios_version'),
      build_date: await read('bios_date'),
    },
  };
};

export const readBoot = async (machine: Machine, bootInterface: string | undefined): Promise<Inventory['boot']> => ({
  current_boot_mode: (await exists(join(machine.roots.sys, 'firmware/efi'))) ? 'uefi' : 'bios',
  pxe_interface: bootInterface ?? null,
});

export interface BmcAddresses {
  readonly bmc_address: string | null;
  readonly bmc_v6address: string | null;
  readonly bmc_mac: string | null;
}

export const unknownBmc: BmcAddresses = { bmc_address: null, bmc_v6address: null, bmc_mac: null };

const field = (output: string, name: string): string | null =>
  new RegExp(`^\\s*${name}\\s*:\\s*(\\S+)`, 'm').exec(output)?.[1] ?? null;

/** Asks the BMC in band. LAN channels are numbered from 1; which ones there are differs by vendor. */
export const readBmc = async (machine: Machine): Promise<BmcAddresses> => {
  if (!(await exists(join(machine.roots.dev, 'ipmi0')))) return unknownBmc;
  for (const channel of ['1', '2', '3', '4', '5', '6', '7', '8']) {
    const lan = await tryRun(machine.run, 'ipmitool', ['lan', 'print', channel], { timeoutMs: 10_000 });
    const address = lan && field(lan, 'IP Address');
    if (!lan || !address || address === '0.0.0.0') continue;
    const lan6 = await tryRun(machine.run, 'ipmitool', ['lan6', 'print', channel], { timeoutMs: 10_000 });
    const v6 = lan6 && field(lan6, 'Address');
    return {
      bmc_address: address,
      bmc_v6address: v6 && v6 !== '::/0' ? v6.replace(/\/\d+$/, '') : null,
      bmc_mac: field(lan, 'MAC Address'),
    };
  }
  return unknownBmc;
};

export const readHostname = async (machine: Machine): Promise<string | null> =>
  (await readText(join(machine.roots.proc, 'sys/kernel/hostname'))) ?? (hostname() || null);
