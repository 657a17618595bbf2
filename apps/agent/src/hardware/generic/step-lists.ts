import type { StepDescription, StepKind } from '../hardware-manager.js';

const step = (name: string, priority: number, rest: Partial<StepDescription> = {}): StepDescription => ({
  step: name,
  priority,
  interface: 'deploy',
  reboot_requested: false,
  ...rest,
});

const abortable = { abortable: true } as const;
const raid = { interface: 'raid' } as const;

const raidArguments = {
  raid_config: { description: 'The RAID to make, as in target_raid_config.', required: true },
  delete_existing: { description: 'Whether the arrays that are there go first; true when absent.' },
};
const patterns = {
  match_patterns: { description: 'Regular expressions; boot entries whose names match one are removed.' },
};
const imageArguments = {
  image_info: { description: 'The image: id, urls, checksum and the rest.', required: true },
  configdrive: { description: 'A config drive: base64 of gzip, or an http(s) address.' },
};
const fileArguments = {
  files: { description: 'Files to write: path, content (base64 or an address), partition, mode …', required: true },
  verify_ca: { description: 'Whether certificates of servers are verified; true when absent.' },
};

/** Priorities are Ironic's: without a word from an operator, cleaning wipes metadata and then erases. */
export const genericSteps = (kind: StepKind, injectFilesPriority: number): StepDescription[] =>
  ({
    clean: [
      step('erase_devices', 10, abortable),
      step('erase_devices_metadata', 99, abortable),
      step('erase_devices_express', 0, abortable),
      step('erase_pstore', 0, abortable),
      step('clean_uefi_nvram', 0, { ...abortable, argsinfo: patterns }),
      step('delete_configuration', 0, { ...abortable, ...raid }),
      step('create_configuration', 0, { ...abortable, ...raid }),
    ],
    deploy: [
      step('erase_devices_metadata', 0),
      step('apply_configuration', 0, { ...raid, argsinfo: raidArguments }),
      step('clean_uefi_nvram', 0, { argsinfo: patterns }),
      step('write_image', 0, { argsinfo: imageArguments }),
      step('inject_files', injectFilesPriority, { argsinfo: fileArguments }),
    ],
    service: [
      step('delete_configuration', 0, raid),
      step('apply_configuration', 0, { ...raid, argsinfo: raidArguments }),
      step('create_configuration', 0, raid),
      step('write_image', 0, { argsinfo: imageArguments }),
      step('inject_files', 0, { argsinfo: fileArguments }),
    ],
  })[kind];
