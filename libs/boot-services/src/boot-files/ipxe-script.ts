import { kernelWords } from './kernel-words.js';

/** What a boot loader is told: URLs, or paths on the server that it came from. */
export interface BootEntry {
  readonly kernel: string;
  readonly ramdisk: string;
  readonly parameters: readonly string[];
  /** Lower case with colons. */
  readonly address: string;
}

/** Name of the ramdisk in iPXE: the last part of its URL. */
const nameOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

/**
 * What iPXE runs for one network interface: ten attempts with growing pauses, then the machine switches itself off, so
 * that nobody takes it for one at work (Ironic, deployment, 6).
 */
export const ipxeScript = ({ kernel, ramdisk, parameters, address }: BootEntry): string =>
  [
    '#!ipxe',
    'set attempt:int32 1',
    ':fetch',
    'imgfree',
    `kernel ${kernel} ${[...kernelWords(parameters), `BOOTIF=${address}`, `initrd=${nameOf(ramdisk)}`].join(' ')} || goto again`,
    `initrd ${ramdisk} || goto again`,
    'boot || goto again',
    ':again',
    'iseq ${attempt} 10 && goto give_up ||',
    'echo Attempt ${attempt} failed',
    'sleep ${attempt}',
    'inc attempt',
    'goto fetch',
    ':give_up',
    'echo Kernel and ramdisk cannot be fetched: switching off in 30 s',
    'sleep 30',
    'poweroff',
    '',
  ].join('\n');

/**
 * What every iPXE runs first: the script of the interface that booted, or else of any other one. Where there is none
 * the machine tries again after three minutes.
 */
export const ipxeEntry = (baseUrl: string): string =>
  [
    '#!ipxe',
    `chain --autofree ${baseUrl}/boot/\${netX/mac}.ipxe && exit 0 ||`,
    'set interface:int32 0',
    ':next',
    'isset ${net${interface}/mac} || goto none',
    `chain --autofree ${baseUrl}/boot/\${net\${interface}/mac}.ipxe && exit 0 ||`,
    'inc interface',
    'goto next',
    ':none',
    'echo Nothing is prepared for this machine',
    'prompt --timeout 180000 Press a key to try again ||',
    'reboot',
    '',
  ].join('\n');
