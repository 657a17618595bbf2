import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

// GUID Partition Table: UEFI specification 2.10, chapter 5.3. Numbers are little-endian, addresses count sectors.

export interface GptPartition {
  /** From 1. */
  readonly number: number;
  readonly typeGuid: string;
  readonly guid: string;
  readonly firstLba: number;
  /** Inclusive. */
  readonly lastLba: number;
  readonly attributes: bigint;
  readonly name: string;
}

export interface Gpt {
  readonly diskGuid: string;
  readonly sectorBytes: number;
  readonly entryCount: number;
  readonly entryBytes: number;
  readonly firstUsableLba: number;
  readonly partitions: readonly GptPartition[];
}

export const partitionTypes = {
  efiSystem: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  biosBoot: '21686148-6449-6e6f-744e-656564454649',
  linuxData: '0fc63daf-8483-4772-8e79-3d69d8477de4',
  linuxSwap: '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f',
  linuxRaid: 'a19d880f-05fc-4d3b-a006-743f0f84911e',
  prep: '9e1a2d38-c612-4316-aa26-8b49521e5a8b',
} as const;

const signature = 'EFI PART';
const headerBytes = 92;

/** The first three fields of a GUID are stored little-endian (appendix A). */
const readGuid = (bytes: Buffer): string => {
  const b = Buffer.from(bytes);
  b.subarray(0, 4).reverse();
  b.subarray(4, 6).reverse();
  b.subarray(6, 8).reverse();
  return b.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

const writeGuid = (guid: string): Buffer => {
  const b = Buffer.from(guid.replaceAll('-', ''), 'hex');
  b.subarray(0, 4).reverse();
  b.subarray(4, 6).reverse();
  b.subarray(6, 8).reverse();
  return b;
};

const readBytes = async (disk: FileHandle, position: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(length);
  await disk.read(buffer, 0, length, position);
  return buffer;
};

const readEntry = (entry: Buffer, number: number): GptPartition => ({
  number,
  typeGuid: readGuid(entry.subarray(0, 16)),
  guid: readGuid(entry.subarray(16, 32)),
  firstLba: Number(entry.readBigUInt64LE(32)),
  lastLba: Number(entry.readBigUInt64LE(40)),
  attributes: entry.readBigUInt64LE(48),
  name: entry.subarray(56, 128).toString('utf16le').replace(/\0.*$/s, ''),
});

const isUsed = (entry: Buffer): boolean => entry.subarray(0, 16).some(byte => byte !== 0);

/** The table that the primary header describes, or `undefined`: another label, or a damaged one. */
export const readGpt = async (disk: FileHandle, sectorBytes = 512): Promise<Gpt | undefined> => {
  const header = await readBytes(disk, sectorBytes, sectorBytes);
  if (header.toString('latin1', 0, 8) !== signature) return undefined;
  const length = header.readUInt32LE(12);
  if (length < headerBytes || length > sectorBytes) return undefined;
  const expected = header.readUInt32LE(16);
  header.writeUInt32LE(0, 16);
  if (crc32(header.subarray(0, length)) !== expected) return undefined;
  const entryCount = header.readUInt32LE(80);
  const entryBytes = header.readUInt32LE(84);
  if (entryBytes < 128 || entryCount * entryBytes > 4 * 1024 * 1024) return undefined;
  const entries = await readBytes(disk, Number(header.readBigUInt64LE(72)) * sectorBytes, entryCount * entryBytes);
  if (crc32(entries) !== header.readUInt32LE(88)) return undefined;
  const partitions: GptPartition[] = [];
  for (let index = 0; index < entryCount; index++) {
    const entry = entries.subarray(index * entryBytes, (index + 1) * entryBytes);
    if (isUsed(entry)) partitions.push(readEntry(entry, index + 1));
  }
  return {
    diskGuid: readGuid(header.subarray(56, 72)),
    sectorBytes,
    entryCount,
    entryBytes,
    firstUsableLba: Number(header.readBigUInt64LE(40)),
    partitions,
  };
};

export const newGpt = (sectorBytes = 512): Gpt => ({
  diskGuid: randomUUID(),
  sectorBytes,
  entryCount: 128,
  entryBytes: 128,
  firstUsableLba: 2 + (128 * 128) / sectorBytes,
  partitions: [],
});

const entrySectors = (gpt: Gpt): number => Math.ceil((gpt.entryCount * gpt.entryBytes) / gpt.sectorBytes);

/** The last sector that a partition may use on a disk of this size: the backup of the table stands behind it. */
export const lastUsableLba = (gpt: Gpt, diskBytes: number): number =>
  Math.floor(diskBytes / gpt.sectorBytes) - 2 - entrySectors(gpt);

const entriesOf = (gpt: Gpt): Buffer => {
  const entries = Buffer.alloc(entrySectors(gpt) * gpt.sectorBytes);
  for (const partition of gpt.partitions) {
    const at = (partition.number - 1) * gpt.entryBytes;
    writeGuid(partition.typeGuid).copy(entries, at);
    writeGuid(partition.guid).copy(entries, at + 16);
    entries.writeBigUInt64LE(BigInt(partition.firstLba), at + 32);
    entries.writeBigUInt64LE(BigInt(partition.lastLba), at + 40);
    entries.writeBigUInt64LE(partition.attributes, at + 48);
    entries.write(partition.name.slice(0, 36), at + 56, 'utf16le');
  }
  return entries;
};

const headerOf = (gpt: Gpt, diskBytes: number, entries: Buffer, place: 'primary' | 'backup'): Buffer => {
  const lastLba = Math.floor(diskBytes / gpt.sectorBytes) - 1;
  const own = place === 'primary' ? 1 : lastLba;
  const header = Buffer.alloc(gpt.sectorBytes);
  header.write(signature, 0, 'latin1');
  header.writeUInt32LE(0x00010000, 8);
  header.writeUInt32LE(headerBytes, 12);
  header.writeBigUInt64LE(BigInt(own), 24);
  header.writeBigUInt64LE(BigInt(place === 'primary' ? lastLba : 1), 32);
  header.writeBigUInt64LE(BigInt(gpt.firstUsableLba), 40);
  header.writeBigUInt64LE(BigInt(lastUsableLba(gpt, diskBytes)), 48);
  writeGuid(gpt.diskGuid).copy(header, 56);
  header.writeBigUInt64LE(BigInt(place === 'primary' ? 2 : lastLba - entrySectors(gpt)), 72);
  header.writeUInt32LE(gpt.entryCount, 80);
  header.writeUInt32LE(gpt.entryBytes, 84);
  header.writeUInt32LE(crc32(entries.subarray(0, gpt.entryCount * gpt.entryBytes)), 88);
  header.writeUInt32LE(crc32(header.subarray(0, headerBytes)), 16);
  return header;
};

/** The one MBR partition of type EEh that keeps old programs off; boot code in front of it stays (5.2.3). */
const protectiveMbr = (present: Buffer, gpt: Gpt, diskBytes: number): Buffer => {
  const mbr = Buffer.from(present);
  const sectors = Math.min(Math.floor(diskBytes / gpt.sectorBytes) - 1, 0xffffffff);
  // A hybrid table has more entries, which somebody wants: only the size of the protective one is mended then.
  const at = [446, 462, 478, 494].find(offset => mbr[offset + 4] === 0xee) ?? 446;
  if (mbr[at + 4] !== 0xee) {
    mbr.fill(0, 446, 510);
    Buffer.from([0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0]).copy(mbr, at);
  }
  mbr.writeUInt32LE(sectors, at + 12);
  mbr.writeUInt16LE(0xaa55, 510);
  return mbr;
};

/**
 * Writes both copies of the table for a disk of this size. The backup goes first: while only one is right, it is the
 * one that repair programs use. This is also what moves the backup of an image to the end of a bigger disk.
 */
export const writeGpt = async (disk: FileHandle, gpt: Gpt, diskBytes: number): Promise<void> => {
  const entries = entriesOf(gpt);
  const sectors = Math.floor(diskBytes / gpt.sectorBytes);
  const write = (bytes: Buffer, lba: number) => disk.write(bytes, 0, bytes.length, lba * gpt.sectorBytes);
  await write(entries, sectors - 1 - entrySectors(gpt));
  await write(headerOf(gpt, diskBytes, entries, 'backup'), sectors - 1);
  await write(entries, 2);
  await write(headerOf(gpt, diskBytes, entries, 'primary'), 1);
  const mbr = await readBytes(disk, 0, gpt.sectorBytes);
  await write(protectiveMbr(mbr, gpt, diskBytes), 0);
};
