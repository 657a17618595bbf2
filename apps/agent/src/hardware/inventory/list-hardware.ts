import type { Call } from '../hardware-manager.js';
import { readCpu } from './cpu.js';
import type { Inventory, NetworkInterface } from './inventory.js';
import type { Disk } from './inventory.js';
import type { Tlv } from './lldp.js';
import { readMemory } from './memory.js';
import { readBmc, readBoot, readHostname, readSystemVendor, unknownBmc } from './system.js';

/** The whole inventory; disks and interfaces come from whichever manager knows them best. */
export const listHardware = async ({ machine, parameters, hardware, config }: Call): Promise<Inventory> => {
  const interfaces = await hardware.dispatch<NetworkInterface[]>('list_network_interfaces');
  const lldp = parameters.collectLldp ? await hardware.dispatch<Record<string, Tlv[]>>('collect_lldp_data') : undefined;
  return {
    interfaces: interfaces.map(one => ({ ...one, lldp: lldp ? (lldp[one.name] ?? []) : one.lldp })),
    cpu: await readCpu(machine),
    disks: await hardware.dispatch<Disk[]>('list_block_devices'),
    memory: await readMemory(machine),
    // The API of a machine that is managed by Redfish says so, and spares the seconds of asking over KCS.
    ...(config.agent_skip_bmc_detect === true ? unknownBmc : await readBmc(machine)),
    system_vendor: await readSystemVendor(machine),
    boot: await readBoot(machine, parameters.bootInterface),
    hostname: await readHostname(machine),
  };
};
