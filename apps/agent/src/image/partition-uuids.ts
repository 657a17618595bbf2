import { open } from 'node:fs/promises';
import { deploymentError } from '../problem.js';
import { identifyFileSystem } from './file-system.js';
import { readPartitionTable } from './partition-table/partition-table.js';

/** What `standby.get_partition_uuids` answers. Names with blanks are the protocol's. */
export interface PartitionUuids {
  readonly 'root uuid': string;
  readonly 'efi system partition uuid'?: string | null;
  readonly 'PReP Boot partition uuid'?: string | null;
  readonly partitions?: Readonly<Record<string, string>>;
}

/** A whole-disk image is known by the identifier of its disk. One without a partition cannot be started. */
export const wholeDiskUuids = async (device: string): Promise<PartitionUuids> => {
  const disk = await open(device, 'r');
  try {
    const table = await readPartitionTable(disk);
    if (!table || table.partitions.length === 0) {
      throw deploymentError('Unable to find a valid partition table on the disk after writing the image');
    }
    return { 'root uuid': table.diskId };
  } finally {
    await disk.close();
  }
};

/** The UUID of the file system at a place of a disk, the empty text if it is none that is known. */
export const fileSystemUuid = async (device: string, startBytes: number): Promise<string> => {
  const disk = await open(device, 'r');
  try {
    return (await identifyFileSystem(disk, startBytes))?.uuid ?? '';
  } finally {
    await disk.close();
  }
};
