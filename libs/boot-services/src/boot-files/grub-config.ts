import type { BootEntry } from './ipxe-script.js';
import { kernelWords } from './kernel-words.js';

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** GRUB's configuration for one network interface. Paths are taken from the root of the server that GRUB came from. */
export const grubConfig = ({ kernel, ramdisk, parameters, address }: BootEntry): string =>
  [
    'set timeout=0',
    'menuentry ramdisk {',
    `  linux /${kernel} ${[...kernelWords(parameters), `BOOTIF=${address}`].map(quoted).join(' ')}`,
    `  initrd /${ramdisk}`,
    '}',
    '',
  ].join('\n');

/** What GRUB reads first, `grub/grub.cfg`: the configuration of the interface that booted. */
export const grubEntry = ['set timeout=0', 'configfile /${net_default_mac}.conf', ''].join('\n');
