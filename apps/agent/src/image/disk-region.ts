import type { FileHandle } from 'node:fs/promises';
import { imageWriteError } from '../problem.js';

const mib = 1024 * 1024;

const writeAll = async (disk: FileHandle, bytes: Buffer, position: number): Promise<void> => {
  for (let done = 0; done < bytes.length;) {
    done += (await disk.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
};

/** Zeros over a range, a MiB at a time. */
export const wipe = async (disk: FileHandle, position: number, length: number): Promise<void> => {
  const zeros = Buffer.alloc(Math.min(mib, length));
  for (let done = 0; done < length; done += zeros.length) {
    await writeAll(disk, zeros.subarray(0, Math.min(zeros.length, length - done)), position + done);
  }
};

/**
 * The place on a disk that an image is written to: all of it, or a partition. Nothing unverified can start from it,
 * not even after a power cut: its first MiB, with the boot record or the file system's head, is zero until `commit`,
 * which the writer calls when the checksum has been right. The last MiB is wiped too: the backup of an old GPT there
 * would bring the old partitions back.
 */
export class DiskRegion {
  private head = Buffer.alloc(0);

  private constructor(
    private readonly disk: FileHandle,
    private readonly startBytes: number,
    readonly sizeBytes: number,
  ) {}

  static async begin(disk: FileHandle, startBytes: number, sizeBytes: number): Promise<DiskRegion> {
    const region = new DiskRegion(disk, startBytes, sizeBytes);
    await region.clear();
    return region;
  }

  /** Before the first byte, and when the image turns out to be wrong. */
  async clear(): Promise<void> {
    this.head = Buffer.alloc(Math.min(mib, this.sizeBytes));
    await wipe(this.disk, this.startBytes, this.head.length);
    if (this.sizeBytes > 2 * mib) await wipe(this.disk, this.startBytes + this.sizeBytes - mib, mib);
    await this.disk.sync();
  }

  async write(bytes: Buffer, offset: number): Promise<void> {
    if (offset + bytes.length > this.sizeBytes) throw tooSmall(this.sizeBytes, offset + bytes.length);
    const inHead = Math.max(0, Math.min(bytes.length, this.head.length - offset));
    if (inHead > 0) bytes.copy(this.head, offset, 0, inHead);
    if (inHead < bytes.length) {
      await writeAll(this.disk, bytes.subarray(inHead), this.startBytes + offset + inHead);
    }
  }

  /** All else is on the disk before the head is. */
  async commit(): Promise<void> {
    await this.disk.sync();
    await writeAll(this.disk, this.head, this.startBytes);
    await this.disk.sync();
  }
}

export const tooSmall = (hasBytes: number, needsBytes: number): Error =>
  imageWriteError(
    `the disk is too small for the image: it has ${hasBytes} bytes, the image needs ${needsBytes} or more`,
  );
