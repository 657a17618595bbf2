import { open, type FileHandle } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { exchangeBytes, type Trust } from '../lookup/http.js';
import { AgentProblem, configDriveError } from '../problem.js';
import { wipe } from './disk-region.js';
import { identifyFileSystem } from './file-system.js';
import { addPartitionAtEnd, readPartitionTable, type Partition } from './partition-table/partition-table.js';

const mib = 1024 * 1024;
const limitBytes = 64 * mib;
const label = 'config-2';

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

const unpack = (bytes: Buffer): Buffer => gunzipSync(bytes, { maxOutputLength: limitBytes });

/** An address may give base64 of gzip, as the request itself has it, gzip, or the file system as it is. */
const decode = (bytes: Buffer): Buffer => {
  if (isGzip(bytes)) return unpack(bytes);
  const text = bytes.subarray(0, 256).toString('latin1');
  if (!/^[A-Za-z0-9+/=\s]+$/.test(text)) return bytes;
  const inner = Buffer.from(bytes.toString('latin1'), 'base64');
  return isGzip(inner) ? unpack(inner) : inner;
};

const fetchBytes = async (url: string, trust: Trust, timeoutMs: number): Promise<Buffer> => {
  const answer = await exchangeBytes({ url, trust, timeoutMs });
  if (answer.status !== 200) throw configDriveError(`the config drive at ${url} was answered ${answer.status}`);
  return answer.bytes;
};

/** The file system of a config drive: from base64(gzip(…)) or from an http(s) address. */
export const readConfigDrive = async (source: string, trust: Trust, timeoutMs: number): Promise<Buffer> => {
  try {
    const isUrl = /^https?:\/\//i.test(source);
    const bytes = decode(isUrl ? await fetchBytes(source, trust, timeoutMs) : Buffer.from(source, 'latin1'));
    if (bytes.length === 0 || bytes.length > limitBytes) {
      throw configDriveError(`the config drive has ${bytes.length} bytes; 1 to ${limitBytes} are allowed`);
    }
    return bytes;
  } catch (error) {
    if (error instanceof AgentProblem) throw error;
    throw configDriveError(`the config drive cannot be read: ${String(error)}`);
  }
};

/** The partition that an image brings for its config drive: by its name in the table, or by its file system's label. */
const existing = async (disk: FileHandle): Promise<Partition | undefined> => {
  for (const partition of (await readPartitionTable(disk))?.partitions ?? []) {
    if (partition.name.toLowerCase() === label) return partition;
    const fileSystem = await identifyFileSystem(disk, partition.startBytes);
    if (fileSystem?.label.toLowerCase() === label) return partition;
  }
  return undefined;
};

/** Writes a config drive to its own partition, a new one at the end of the disk if the image has none. */
export const writeConfigDrive = async (device: string, diskBytes: number, content: Buffer): Promise<Partition> => {
  const disk = await open(device, 'r+');
  try {
    const sizeBytes = Math.ceil(content.length / mib) * mib;
    const partition = (await existing(disk)) ?? (await addPartitionAtEnd(disk, diskBytes, sizeBytes, label));
    if (partition.sizeBytes < content.length) {
      throw configDriveError(
        `partition ${partition.number} has ${partition.sizeBytes} bytes, the config drive ${content.length}`,
      );
    }
    await disk.write(content, 0, content.length, partition.startBytes);
    const rest = Math.min(partition.sizeBytes - content.length, mib);
    if (rest > 0) await wipe(disk, partition.startBytes + content.length, rest);
    await disk.sync();
    return partition;
  } catch (error) {
    if (error instanceof AgentProblem) throw error;
    throw configDriveError(String(error instanceof Error ? error.message : error));
  } finally {
    await disk.close();
  }
};
