export { buildRamdisk, type BootFiles, type RamdiskOptions } from './ramdisk/ramdisk.js';
