import type { FileHandle } from 'node:fs/promises';

export interface FileSystem {
  readonly type: 'ext' | 'xfs' | 'btrfs' | 'vfat' | 'iso9660' | 'swap';
  readonly uuid: string;
  readonly label: string;
}

const dashed = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

const text = (bytes: Buffer): string => bytes.toString('latin1').replace(/\0.*$/s, '').trimEnd();

const fat = (head: Buffer): FileSystem | undefined => {
  // FAT32 has its second half of the boot sector 28 bytes further on than FAT12 and FAT16.
  for (const at of [36, 64]) {
    if (head.toString('latin1', at + 18, at + 21) !== 'FAT') continue;
    const serial = head
      .readUInt32LE(at + 3)
      .toString(16)
      .toUpperCase()
      .padStart(8, '0');
    return {
      type: 'vfat',
      uuid: `${serial.slice(0, 4)}-${serial.slice(4)}`,
      label: text(head.subarray(at + 7, at + 18)),
    };
  }
  return undefined;
};

/**
 * What is on a partition, by the marks of the file systems that images have: ext2/3/4 (superblock at 1024), XFS,
 * btrfs (superblock at 64 KiB), ISO 9660 (volume descriptor at 32 KiB), FAT, Linux swap (end of the first page).
 */
export const identifyFileSystem = async (disk: FileHandle, startBytes = 0): Promise<FileSystem | undefined> => {
  const head = Buffer.alloc(68 * 1024);
  await disk.read(head, 0, head.length, startBytes);
  if (head.readUInt16LE(1024 + 0x38) === 0xef53) {
    const superblock = head.subarray(1024);
    return { type: 'ext', uuid: dashed(superblock.subarray(0x68, 0x78)), label: text(superblock.subarray(0x78, 0x88)) };
  }
  if (head.toString('latin1', 0, 4) === 'XFSB') {
    return { type: 'xfs', uuid: dashed(head.subarray(32, 48)), label: text(head.subarray(108, 120)) };
  }
  if (head.toString('latin1', 65_536 + 64, 65_536 + 72) === '_BHRfS_M') {
    const superblock = head.subarray(65_536);
    return { type: 'btrfs', uuid: dashed(superblock.subarray(32, 48)), label: text(superblock.subarray(0x12b, 0x22b)) };
  }
  if (head.toString('latin1', 32_769, 32_774) === 'CD001') {
    return { type: 'iso9660', uuid: '', label: text(head.subarray(32_808, 32_840)) };
  }
  if (head.toString('latin1', 4086, 4096) === 'SWAPSPACE2') {
    return { type: 'swap', uuid: dashed(head.subarray(1036, 1052)), label: text(head.subarray(1052, 1068)) };
  }
  return fat(head);
};
