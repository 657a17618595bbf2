import { randomInt } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

// The PC's master boot record: four entries of sixteen bytes from 446 on, 55 AA at the end. Addresses count sectors.

export interface MbrPartition {
  /** 1 to 4. */
  readonly number: number;
  readonly type: number;
  readonly active: boolean;
  readonly firstLba: number;
  readonly sectors: number;
}

export interface Mbr {
  /** The disk's signature, which is how a root file system on an MBR disk is named. */
  readonly diskId: number;
  readonly partitions: readonly MbrPartition[];
}

export const mbrTypes = { linux: 0x83, swap: 0x82, prep: 0x41, protective: 0xee } as const;

const readSector = async (disk: FileHandle): Promise<Buffer> => {
  const sector = Buffer.alloc(512);
  await disk.read(sector, 0, 512, 0);
  return sector;
};

/** The table, or `undefined` where there is none, or only the protective entry of a GPT. */
export const readMbr = async (disk: FileHandle): Promise<Mbr | undefined> => {
  const sector = await readSector(disk);
  if (sector.readUInt16LE(510) !== 0xaa55) return undefined;
  const partitions: MbrPartition[] = [];
  for (let number = 1; number <= 4; number++) {
    const at = 446 + (number - 1) * 16;
    const type = sector[at + 4]!;
    const status = sector[at]!;
    // A boot sector of a file system ends the same way; its text is no table.
    if (status !== 0 && status !== 0x80) return undefined;
    const sectors = sector.readUInt32LE(at + 12);
    if (type === 0 || sectors === 0) continue;
    partitions.push({ number, type, active: status === 0x80, firstLba: sector.readUInt32LE(at + 8), sectors });
  }
  if (partitions.length === 0 || partitions[0]!.type === mbrTypes.protective) return undefined;
  return { diskId: sector.readUInt32LE(440), partitions };
};

export const newMbr = (): Mbr => ({ diskId: randomInt(1, 0xffffffff), partitions: [] });

/** Changes the four entries and the signature; boot code stays. Cylinders, heads and sectors are out of use: FE FF FF. */
export const writeMbr = async (disk: FileHandle, mbr: Mbr): Promise<void> => {
  const sector = await readSector(disk);
  sector.fill(0, 446, 510);
  sector.writeUInt32LE(mbr.diskId, 440);
  for (const partition of mbr.partitions) {
    const at = 446 + (partition.number - 1) * 16;
    sector[at] = partition.active ? 0x80 : 0;
    Buffer.from([0xfe, 0xff, 0xff, partition.type, 0xfe, 0xff, 0xff]).copy(sector, at + 1);
    sector.writeUInt32LE(partition.firstLba, at + 8);
    sector.writeUInt32LE(partition.sectors, at + 12);
  }
  sector.writeUInt16LE(0xaa55, 510);
  await disk.write(sector, 0, 512, 0);
};
