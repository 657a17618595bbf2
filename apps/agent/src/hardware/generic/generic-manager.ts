import { installBootloader } from '../../image/bootloader.js';
import type { PartitionUuids } from '../../image/partition-uuids.js';
import { prepareImage } from '../../image/prepare-image.js';
import { eraseBlockDevice, eraseDevices, eraseDevicesExpress, eraseDevicesMetadata } from '../erase/erase-devices.js';
import { support, type Call, type HardwareManager } from '../hardware-manager.js';
import { listDisks } from '../inventory/disks.js';
import type { Disk } from '../inventory/inventory.js';
import { listHardware } from '../inventory/list-hardware.js';
import { collectLldp } from '../inventory/lldp.js';
import { listNetworkInterfaces } from '../inventory/network-interfaces.js';
import { chooseRootDisk } from '../root-device.js';
import { cleanUefiNvram, erasePstore } from './firmware-storage.js';
import { injectFiles } from './inject-files.js';
import { applyRaid, createRaid, deleteRaid } from './software-raid.js';
import { genericSteps } from './step-lists.js';

/** What works on any Linux machine. It keeps what the last image left, for `get_partition_uuids`. */
export const genericManager = (): HardwareManager => {
  let uuids: PartitionUuids | Record<string, never> = {};
  const writeImage = async (call: Call): Promise<string> => {
    const prepared = await prepareImage(call);
    uuids = prepared.uuids;
    return prepared.text;
  };
  return {
    // The name that conductors and their operators know steps of any machine by.
    name: 'GenericHardwareManager',
    versionName: 'generic_hardware_manager',
    version: '1.2',
    evaluateSupport: () => support.generic,
    steps: {
      clean: call => genericSteps('clean', call.parameters.injectFilesPriority),
      deploy: call => genericSteps('deploy', call.parameters.injectFilesPriority),
      service: call => genericSteps('service', call.parameters.injectFilesPriority),
    },
    methods: {
      list_hardware_info: listHardware,
      list_network_interfaces: ({ machine }) => listNetworkInterfaces(machine),
      list_block_devices: ({ machine }) => listDisks(machine),
      collect_lldp_data: ({ machine }) => collectLldp(machine),
      get_os_install_device: async ({ hardware, node }) =>
        chooseRootDisk(await hardware.dispatch<Disk[]>('list_block_devices', { node }), node),
      erase_block_device: eraseBlockDevice,
      erase_devices: eraseDevices,
      erase_devices_metadata: eraseDevicesMetadata,
      erase_devices_express: eraseDevicesExpress,
      erase_pstore: erasePstore,
      clean_uefi_nvram: cleanUefiNvram,
      delete_configuration: deleteRaid,
      create_configuration: createRaid,
      apply_configuration: applyRaid,
      prepare_image: writeImage,
      // As a step the result is the serialised one of the command it stands for.
      write_image: async call => ({ result: `prepare_image: ${await writeImage(call)}` }),
      get_partition_uuids: () => uuids,
      install_bootloader: installBootloader,
      inject_files: injectFiles,
    },
  };
};
