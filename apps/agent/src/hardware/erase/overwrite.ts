import { randomFill } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Disk } from '../inventory/inventory.js';

const fill = promisify<Buffer, void>((buffer, done) => void randomFill(buffer, error => done(error)));
const pieceBytes = 4 * 1024 * 1024;

const pass = async (handle: FileHandle, sizeBytes: number, random: boolean): Promise<void> => {
  const piece = Buffer.alloc(Math.min(pieceBytes, sizeBytes));
  for (let at = 0; at < sizeBytes; at += piece.length) {
    if (random) await fill(piece);
    await handle.write(piece, 0, Math.min(piece.length, sizeBytes - at), at);
  }
  await handle.sync();
};

/** Overwrites every byte: random data as often as asked for, then zeros if they are wanted. */
export const overwrite = async (disk: Disk, iterations: number, zeroize: boolean): Promise<void> => {
  const handle = await open(disk.name, 'r+');
  try {
    for (let done = 0; done < iterations; done++) await pass(handle, disk.size, true);
    if (zeroize) await pass(handle, disk.size, false);
  } finally {
    await handle.close();
  }
};
