import type { BootEntry } from './ipxe-script.js';
import { kernelWords } from './kernel-words.js';

/** `pxelinux.cfg/01-aa-bb-…`. Paths are taken from the root of the TFTP server, which `::` stands for. */
export const pxelinuxConfig = ({ kernel, ramdisk, parameters, address }: BootEntry): string =>
  [
    'DEFAULT ramdisk',
    'PROMPT 0',
    'LABEL ramdisk',
    `KERNEL ::/${kernel}`,
    `APPEND initrd=::/${ramdisk} ${[...kernelWords(parameters), `BOOTIF=${address}`].join(' ')}`,
    '',
  ].join('\n');
