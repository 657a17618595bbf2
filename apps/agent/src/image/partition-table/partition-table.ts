import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { lastUsableLba, partitionTypes, readGpt, writeGpt, type Gpt } from './gpt.js';
import { mbrTypes, readMbr, writeMbr, type Mbr } from './mbr.js';

/** A partition of either kind of table. Bytes from the start of the disk. */
export interface Partition {
  readonly number: number;
  readonly startBytes: number;
  readonly sizeBytes: number;
  /** PARTUUID as Linux has it: of an MBR disk its signature and the number. */
  readonly uuid: string;
  readonly name: string;
  readonly isEfiSystem: boolean;
  readonly isPrep: boolean;
}

export interface PartitionTable {
  readonly label: 'gpt' | 'msdos';
  /** The GUID of the disk, or the signature as eight hexadecimal digits after `0x`. */
  readonly diskId: string;
  readonly partitions: readonly Partition[];
}

const mib = 1024 * 1024;
const hexId = (id: number): string => id.toString(16).padStart(8, '0');

const ofGpt = (gpt: Gpt): PartitionTable => ({
  label: 'gpt',
  diskId: gpt.diskGuid,
  partitions: gpt.partitions.map(partition => ({
    number: partition.number,
    startBytes: partition.firstLba * gpt.sectorBytes,
    sizeBytes: (partition.lastLba - partition.firstLba + 1) * gpt.sectorBytes,
    uuid: partition.guid,
    name: partition.name,
    isEfiSystem: partition.typeGuid === partitionTypes.efiSystem,
    isPrep: partition.typeGuid === partitionTypes.prep,
  })),
});

const ofMbr = (mbr: Mbr): PartitionTable => ({
  label: 'msdos',
  diskId: `0x${hexId(mbr.diskId)}`,
  partitions: mbr.partitions.map(partition => ({
    number: partition.number,
    startBytes: partition.firstLba * 512,
    sizeBytes: partition.sectors * 512,
    uuid: `${hexId(mbr.diskId)}-${String(partition.number).padStart(2, '0')}`,
    name: '',
    isEfiSystem: partition.type === 0xef,
    isPrep: partition.type === mbrTypes.prep,
  })),
});

/** Most disks count sectors of 512 bytes; "4Kn" ones, and the tables on them, bigger ones. */
const anyGpt = async (disk: FileHandle): Promise<Gpt | undefined> => (await readGpt(disk)) ?? readGpt(disk, 4096);

export const readPartitionTable = async (disk: FileHandle): Promise<PartitionTable | undefined> => {
  const gpt = await anyGpt(disk);
  if (gpt) return ofGpt(gpt);
  const mbr = await readMbr(disk);
  return mbr && ofMbr(mbr);
};

/** Moves the backup of a GPT to the end of the disk, and lets the table use all of it. Nothing to do for an MBR. */
export const stretchToDisk = async (disk: FileHandle, diskBytes: number): Promise<void> => {
  const gpt = await anyGpt(disk);
  if (gpt) await writeGpt(disk, gpt, diskBytes);
};

export class NoRoomForPartition extends Error {}

const ends = (partitions: readonly Partition[]): number =>
  partitions.reduce((last, partition) => Math.max(last, partition.startBytes + partition.sizeBytes), mib);

const freeNumber = (taken: readonly { number: number }[], limit: number): number => {
  for (let number = 1; number <= limit; number++) if (!taken.some(one => one.number === number)) return number;
  throw new NoRoomForPartition(`the partition table has no free entry of ${limit}`);
};

/** Adds a partition at the end of the disk, its start on a whole MiB. */
export const addPartitionAtEnd = async (
  disk: FileHandle,
  diskBytes: number,
  sizeBytes: number,
  name: string,
): Promise<Partition> => {
  const gpt = await anyGpt(disk);
  const mbr = gpt ? undefined : await readMbr(disk);
  if (!gpt && !mbr) throw new NoRoomForPartition('the disk has no partition table');
  const table = gpt ? ofGpt(gpt) : ofMbr(mbr!);
  // An MBR cannot name a sector past 2 TiB.
  const endBytes = gpt ? (lastUsableLba(gpt, diskBytes) + 1) * gpt.sectorBytes : Math.min(diskBytes, 0xffffffff * 512);
  const startBytes = Math.floor((endBytes - sizeBytes) / mib) * mib;
  if (startBytes < ends(table.partitions)) {
    throw new NoRoomForPartition(
      `${sizeBytes} bytes are wanted at the end of the disk, ${Math.max(0, endBytes - ends(table.partitions))} are free there`,
    );
  }
  const number = freeNumber(table.partitions, gpt ? gpt.entryCount : 4);
  if (gpt) {
    const firstLba = startBytes / gpt.sectorBytes;
    const lastLba = firstLba + Math.ceil(sizeBytes / gpt.sectorBytes) - 1;
    const added = {
      number,
      typeGuid: partitionTypes.linuxData,
      guid: randomUUID(),
      firstLba,
      lastLba,
      attributes: 0n,
      name,
    };
    await writeGpt(disk, { ...gpt, partitions: [...gpt.partitions, added] }, diskBytes);
  } else {
    const added = {
      number,
      type: mbrTypes.linux,
      active: false,
      firstLba: startBytes / 512,
      sectors: Math.ceil(sizeBytes / 512),
    };
    await writeMbr(disk, { ...mbr!, partitions: [...mbr!.partitions, added] });
  }
  const after = await readPartitionTable(disk);
  return after!.partitions.find(partition => partition.number === number)!;
};
