import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { imageWriteError } from '../problem.js';
import type { ImageInfo } from './image-info.js';
import { lastUsableLba, newGpt, partitionTypes, writeGpt, type GptPartition } from './partition-table/gpt.js';
import { mbrTypes, newMbr, writeMbr, type MbrPartition } from './partition-table/mbr.js';

export type Purpose = 'efi' | 'bios' | 'ephemeral' | 'swap' | 'root';

export interface PlannedPartition {
  readonly purpose: Purpose;
  readonly number: number;
  readonly startBytes: number;
  readonly sizeBytes: number;
}

export interface LayoutRequest {
  readonly image: Pick<ImageInfo, 'rootMb' | 'swapMb' | 'ephemeralMb'>;
  readonly label: 'gpt' | 'msdos';
  readonly bootMode: 'bios' | 'uefi';
  readonly diskBytes: number;
  readonly sectorBytes: number;
  /** Kept free at the end, in MiB: for the config drive. */
  readonly reservedMb: number;
}

const mib = 1024 * 1024;
const efiMb = 550;
const biosMb = 1;

/** In the order on the disk. The root comes last: it may grow over what is behind it at the first start. */
const wanted = ({ image, label, bootMode }: LayoutRequest): [Purpose, number][] => {
  const list: [Purpose, number][] = [
    ['efi', bootMode === 'uefi' ? efiMb : 0],
    // GRUB's second stage has no room before the first partition of a GPT.
    ['bios', bootMode === 'bios' && label === 'gpt' ? biosMb : 0],
    ['ephemeral', image.ephemeralMb],
    ['swap', image.swapMb],
  ];
  return list.filter(([, mb]) => mb > 0);
};

/** Sizes and places, judged before the disk is touched. */
export const planLayout = (request: LayoutRequest): PlannedPartition[] => {
  // One MiB for the table in front, one for its backup.
  const freeMb = Math.floor(request.diskBytes / mib) - 2 - request.reservedMb;
  const before = wanted(request);
  const takenMb = before.reduce((sum, [, mb]) => sum + mb, 0);
  const rootMb = request.image.rootMb ?? freeMb - takenMb;
  if (rootMb < 1 || takenMb + rootMb > freeMb) {
    throw imageWriteError(`the partitions need ${takenMb + Math.max(rootMb, 1)} MiB, the disk has ${freeMb}`);
  }
  let startMb = 1;
  return [...before, ['root', rootMb] as [Purpose, number]].map(([purpose, mb], index) => {
    const partition = { purpose, number: index + 1, startBytes: startMb * mib, sizeBytes: mb * mib };
    startMb += mb;
    return partition;
  });
};

const gptTypes: Record<Purpose, string> = {
  efi: partitionTypes.efiSystem,
  bios: partitionTypes.biosBoot,
  ephemeral: partitionTypes.linuxData,
  swap: partitionTypes.linuxSwap,
  root: partitionTypes.linuxData,
};

const gptEntry = (partition: PlannedPartition, sectorBytes: number): GptPartition => ({
  number: partition.number,
  typeGuid: gptTypes[partition.purpose],
  guid: randomUUID(),
  firstLba: partition.startBytes / sectorBytes,
  lastLba: (partition.startBytes + partition.sizeBytes) / sectorBytes - 1,
  attributes: 0n,
  name: partition.purpose,
});

const mbrEntry = (partition: PlannedPartition): MbrPartition => ({
  number: partition.number,
  type: partition.purpose === 'efi' ? 0xef : partition.purpose === 'swap' ? mbrTypes.swap : mbrTypes.linux,
  active: partition.purpose === 'root',
  firstLba: partition.startBytes / 512,
  sectors: partition.sizeBytes / 512,
});

export const writeLayout = async (disk: FileHandle, request: LayoutRequest, plan: readonly PlannedPartition[]) => {
  if (request.label === 'msdos') {
    await writeMbr(disk, { ...newMbr(), partitions: plan.map(mbrEntry) });
  } else {
    const gpt = newGpt(request.sectorBytes);
    const last = plan.at(-1)!;
    if ((last.startBytes + last.sizeBytes) / gpt.sectorBytes - 1 > lastUsableLba(gpt, request.diskBytes)) {
      throw imageWriteError('the partitions reach into the backup of the partition table');
    }
    await writeGpt(disk, { ...gpt, partitions: plan.map(one => gptEntry(one, gpt.sectorBytes)) }, request.diskBytes);
  }
  await disk.sync();
};
