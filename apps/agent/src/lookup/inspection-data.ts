import type { Hardware } from '../hardware/hardware.js';
import type { Disk, Inventory } from '../hardware/inventory/inventory.js';
import { listPciDevices } from '../hardware/inventory/pci-devices.js';
import { collectLogs } from '../logs/collect-logs.js';
import type { Machine } from '../machine/machine.js';
import { asProblem } from '../problem.js';

type Data = Record<string, unknown>;
type Collector = (hardware: Hardware, machine: Machine, data: Data) => Promise<void>;

const collectInventory: Collector = async (hardware, _machine, data) => {
  const inventory = await hardware.dispatch<Inventory>('list_hardware_info');
  data.inventory = inventory;
  data.boot_interface = inventory.boot.pxe_interface;
  // A machine without a disk is no failure: it may start from a volume.
  data.root_disk = await hardware.dispatch<Disk>('get_os_install_device').catch(() => null);
};

const collectors: Record<string, Collector> = {
  default: collectInventory,
  logs: async (_hardware, machine, data) => {
    data.logs = await collectLogs(machine);
  },
  lldp: async (hardware, _machine, data) => {
    data.lldp_raw = await hardware.dispatch('collect_lldp_data');
  },
  'pci-devices': async (_hardware, machine, data) => {
    data.pci_devices = await listPciDevices(machine);
  },
};

/** What an inspection hands in. A collector that fails is named in `error`, and the others still count. */
export const inspectionData = async (
  hardware: Hardware,
  machine: Machine,
  wanted: readonly string[],
): Promise<Data> => {
  const data: Data = { configuration: { collectors: wanted, managers: hardware.names() }, error: null };
  const errors: string[] = [];
  for (const name of wanted) {
    const collect = Object.hasOwn(collectors, name) ? collectors[name] : undefined;
    if (!collect) machine.journal.info(`there is no collector ${name}`);
    await collect?.(hardware, machine, data).catch((error: unknown) => {
      const problem = asProblem(error);
      errors.push(`collector ${name} failed: ${problem.message}: ${problem.details}`);
    });
  }
  if (errors.length > 0) data.error = errors.join('\n');
  return data;
};
