import { open } from 'node:fs/promises';
import { readPartitionTable } from '../../image/partition-table/partition-table.js';
import { wipe } from '../../image/disk-region.js';
import type { Disk } from '../inventory/inventory.js';

const mib = 1024 * 1024;

/**
 * Makes a disk look empty: partition tables at both ends, and both ends of each partition, where file systems, RAID
 * (its metadata may stand at the end) and LVM have their marks. The data in between stay.
 */
export const wipeMetadata = async (disk: Disk): Promise<void> => {
  const handle = await open(disk.name, 'r+');
  try {
    for (const { startBytes, sizeBytes } of (await readPartitionTable(handle))?.partitions ?? []) {
      if (startBytes + sizeBytes > disk.size) continue;
      await wipe(handle, startBytes, Math.min(mib, sizeBytes));
      if (sizeBytes > mib) await wipe(handle, startBytes + sizeBytes - mib, mib);
    }
    await wipe(handle, 0, Math.min(mib, disk.size));
    await wipe(handle, Math.max(0, disk.size - mib), Math.min(mib, disk.size));
    await handle.sync();
  } finally {
    await handle.close();
  }
};
