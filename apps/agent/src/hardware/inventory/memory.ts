import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readText } from '../../machine/files.js';
import type { Machine } from '../../machine/machine.js';
import type { Memory } from './inventory.js';

const mib = 1024 * 1024;

/** Size of a memory device in MB (SMBIOS, DSP0134, 7.18: type 17, offset 0Ch and 1Ch). */
const deviceMb = (structure: Buffer): number => {
  if (structure.length < 0x0e) return 0;
  const size = structure.readUInt16LE(0x0c);
  if (size === 0 || size === 0xffff) return 0;
  if (size === 0x7fff) return structure.length >= 0x20 ? structure.readUInt32LE(0x1c) & 0x7fffffff : 0;
  return size & 0x8000 ? (size & 0x7fff) / 1024 : size;
};

/** All memory devices of an SMBIOS table: each structure is followed by its texts, which end with two zeros. */
export const physicalMb = (table: Buffer): number => {
  let total = 0;
  for (let at = 0; at + 4 <= table.length;) {
    const length = table[at + 1]!;
    if (length < 4) break;
    if (table[at] === 17) total += deviceMb(table.subarray(at, at + length));
    const end = table.indexOf('\0\0', at + length, 'latin1');
    if (end < 0) break;
    at = end + 2;
  }
  return Math.round(total);
};

export const readMemory = async (machine: Machine): Promise<Memory> => {
  const meminfo = (await readText(join(machine.roots.proc, 'meminfo'))) ?? '';
  const total = Number(/^MemTotal:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024;
  const table = await readFile(join(machine.roots.sys, 'firmware/dmi/tables/DMI')).catch(() => Buffer.alloc(0));
  // Without firmware tables: what the kernel has, which is a little less than what is plugged in.
  return { total, physical_mb: physicalMb(table) || Math.ceil(total / mib) };
};
