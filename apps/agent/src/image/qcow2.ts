import type { FileHandle } from 'node:fs/promises';
import { inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { invalidImage } from '../problem.js';
import { zstdFrameBytes } from './zstd-frame.js';

// QEMU's qcow2, versions 2 and 3: docs/interop/qcow2.rst of QEMU. Numbers are big-endian. Read here, so that a ramdisk
// needs no qemu-img; every cluster is given out, those without data as zeros, because a disk need not be blank.

export interface Qcow2 {
  /** Of the disk inside. */
  readonly sizeBytes: number;
  /** Piece by piece, in order, without holes. */
  readonly clusters: () => AsyncIterable<Buffer>;
}

interface Header {
  readonly clusterBits: number;
  readonly sizeBytes: number;
  readonly l1Size: number;
  readonly l1Offset: number;
  readonly zstd: boolean;
}

const offsetMask = 0x00fffffffffffe00n;
const compressedFlag = 1n << 62n;
const zeroFlag = 1n;

/** Incompatible features: 0 dirty and 3 compression type can be read; 1 corrupt, 2 external data, 4 subclusters not. */
const readableFeatures = 0b01001n;

const parseHeader = (head: Buffer): Header => {
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw invalidImage(`qcow2 version ${version} cannot be read`);
  // A backing file would be a file of this machine; the image must stand alone.
  if (head.readBigUInt64BE(8) !== 0n) throw invalidImage('Security: the qcow2 image has a backing file');
  if (head.readUInt32BE(32) !== 0) throw invalidImage('the qcow2 image is encrypted');
  const features = version === 3 ? head.readBigUInt64BE(72) : 0n;
  if ((features & ~readableFeatures) !== 0n) {
    throw invalidImage(`the qcow2 image has features (${features.toString(2)}) that cannot be read`);
  }
  const clusterBits = head.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) throw invalidImage(`qcow2 clusters of 2^${clusterBits} bytes`);
  const compression = version === 3 && head.readUInt32BE(100) > 104 && (features & 8n) !== 0n ? head[104] : 0;
  if (compression !== 0 && compression !== 1) throw invalidImage(`qcow2 compression ${compression} cannot be read`);
  return {
    clusterBits,
    sizeBytes: Number(head.readBigUInt64BE(24)),
    l1Size: head.readUInt32BE(36),
    l1Offset: Number(head.readBigUInt64BE(40)),
    zstd: compression === 1,
  };
};

const readExactly = async (file: FileHandle, position: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) throw invalidImage('the qcow2 image ends before its data');
    done += bytesRead;
  }
  return buffer;
};

/** Compressed data fill whole sectors and end anywhere in the last one, which may be cut off at the file's end. */
const readAtMost = async (file: FileHandle, position: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
};

const decompress = async (file: FileHandle, header: Header, entry: bigint): Promise<Buffer> => {
  const offsetBits = BigInt(62 - (header.clusterBits - 8));
  const offset = Number(entry & ((1n << offsetBits) - 1n));
  const moreSectors = Number((entry & (compressedFlag - 1n)) >> offsetBits);
  const bytes = await readAtMost(file, offset, (moreSectors + 1) * 512 - (offset % 512));
  const clusterBytes = 2 ** header.clusterBits;
  try {
    const options = { maxOutputLength: clusterBytes };
    if (!header.zstd) return inflateRawSync(bytes, options);
    return zstdDecompressSync(bytes.subarray(0, zstdFrameBytes(bytes)), options);
  } catch (error) {
    throw invalidImage(`a compressed cluster of the qcow2 image is damaged: ${String(error)}`);
  }
};

const readCluster = async (file: FileHandle, header: Header, entry: bigint): Promise<Buffer> => {
  const clusterBytes = 2 ** header.clusterBits;
  if (entry & compressedFlag) return decompress(file, header, entry);
  const offset = Number(entry & offsetMask);
  if (offset === 0 || entry & zeroFlag) return Buffer.alloc(clusterBytes);
  return readExactly(file, offset, clusterBytes);
};

export const openQcow2 = async (file: FileHandle): Promise<Qcow2> => {
  const header = parseHeader(Buffer.concat([await readAtMost(file, 0, 112), Buffer.alloc(112)]).subarray(0, 112));
  const clusterBytes = 2 ** header.clusterBits;
  const perTable = clusterBytes / 8;
  if (header.l1Size > 32 * 1024 * 1024 || header.l1Size * perTable * clusterBytes < header.sizeBytes) {
    throw invalidImage('the tables of the qcow2 image do not cover its disk');
  }
  async function* clusters(): AsyncGenerator<Buffer> {
    const l1 = await readExactly(file, header.l1Offset, header.l1Size * 8);
    let left = header.sizeBytes;
    for (let index = 0; left > 0; index++) {
      const tableOffset = Number(l1.readBigUInt64BE(index * 8) & offsetMask);
      const table = tableOffset === 0 ? Buffer.alloc(clusterBytes) : await readExactly(file, tableOffset, clusterBytes);
      for (let slot = 0; slot < perTable && left > 0; slot++) {
        const cluster = await readCluster(file, header, table.readBigUInt64BE(slot * 8));
        yield cluster.subarray(0, Math.min(left, clusterBytes));
        left -= clusterBytes;
      }
    }
  }
  return { sizeBytes: header.sizeBytes, clusters };
};
