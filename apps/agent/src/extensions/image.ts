import type { Extension } from '../api/command.js';
import type { Hardware } from '../hardware/hardware.js';

export const imageExtension = (hardware: Hardware): Extension => ({
  install_bootloader: {
    kind: 'async',
    takes: {
      root_uuid: 'optional',
      efi_system_part_uuid: 'optional',
      prep_boot_part_uuid: 'optional',
      target_boot_mode: 'optional',
      ignore_bootloader_failure: 'optional',
    },
    run: params => hardware.dispatch('install_bootloader', { args: params }),
  },
});
