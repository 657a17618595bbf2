import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** It cannot be written to a disk, or it is not what it is said to be. */
export class ImageUnsuitable extends Error {}

/** Formats of which a disk is written as it is. */
const asItIs = new Set(['raw', 'gpt', 'iso']);

/**
 * Which format the file has, where that goes together with what is said of it. It is never left to qemu-img to guess:
 * who writes a raw disk could write the header of another format into it, which names files of ours.
 *
 * @throws ImageUnsuitable
 */
export const formatOf = async (path: string, said: string | null): Promise<string> => {
  const isQcow2 = (await firstBytes(path, 4)).equals(Buffer.from('QFI\xfb', 'latin1'));
  const format = said ?? (isQcow2 ? 'qcow2' : 'raw');
  if (format !== 'qcow2' && !asItIs.has(format))
    throw new ImageUnsuitable(`disk format ${format} is not served: raw, gpt, qcow2 and iso are`);
  if ((format === 'qcow2') !== isQcow2)
    throw new ImageUnsuitable(`it is said to be ${format}, and it is ${isQcow2 ? 'qcow2' : 'no qcow2'}`);
  return format;
};

export const isRaw = (format: string): boolean => asItIs.has(format);

/**
 * Writes a qcow2 as the bytes of its disk, with holes where there is nothing.
 *
 * @throws ImageUnsuitable when it needs other files or its disk is too large
 */
export const makeRaw = async (from: string, to: string, maxBytes: number): Promise<void> => {
  const { stdout } = await qemuImg('info', '-f', 'qcow2', '--output=json', from);
  const info = JSON.parse(stdout) as {
    'virtual-size': number;
    'backing-filename'?: string;
    'format-specific'?: { data?: { 'data-file'?: string } };
  };
  if (info['backing-filename'] !== undefined || info['format-specific']?.data?.['data-file'] !== undefined)
    throw new ImageUnsuitable('it needs another file');
  if (info['virtual-size'] > maxBytes)
    throw new ImageUnsuitable(`its disk has ${info['virtual-size']} bytes, more than ${maxBytes}`);
  await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', from, to);
};

const qemuImg = async (...words: readonly string[]) => {
  try {
    return await run('qemu-img', words);
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') throw new ImageUnsuitable('qemu-img is not installed, which makes it raw');
    throw new ImageUnsuitable(`qemu-img cannot read it: ${(stderr ?? '').trim().split('\n').at(-1)}`, { cause: error });
  }
};

const firstBytes = async (path: string, length: number): Promise<Buffer> => {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), { position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};
