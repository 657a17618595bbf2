import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Call } from '../hardware/hardware-manager.js';
import { partitionDevice } from '../hardware/inventory/disks.js';
import type { Disk } from '../hardware/inventory/inventory.js';
import { readBoot } from '../hardware/inventory/system.js';
import type { Trust } from '../lookup/http.js';
import { trustOf } from '../lookup/trust.js';
import { configDriveError, deploymentError } from '../problem.js';
import { expectedChecksum } from './checksum.js';
import { readConfigDrive, writeConfigDrive } from './config-drive.js';
import { wipe } from './disk-region.js';
import type { DownloadOptions } from './download.js';
import { parseImageInfo, type ImageInfo } from './image-info.js';
import { planLayout, writeLayout, type LayoutRequest, type PlannedPartition } from './partition-layout.js';
import { stretchToDisk } from './partition-table/partition-table.js';
import { deviceAppears, rereadPartitionTable } from './partition-table/reread.js';
import { fileSystemUuid, wholeDiskUuids, type PartitionUuids } from './partition-uuids.js';
import { writeImage } from './write-image.js';

export interface Prepared {
  /** "image (ID) written to device D root_uuid=…" */
  readonly text: string;
  readonly uuids: PartitionUuids;
}

const mib = 1024 * 1024;

const md5Allowed = ({ config }: Pick<Call, 'config'>): boolean => config.agent_md5_checksum_enable === true;

export const imageOf = (call: Pick<Call, 'config'>, imageInfo: unknown): ImageInfo =>
  parseImageInfo(imageInfo, md5Allowed(call));

const downloadOptions = (call: Call, trust: Trust): DownloadOptions => ({
  trust,
  connectionTimeoutMs: call.parameters.download.connectionTimeout * 1000,
  retries: call.parameters.download.retries,
  retryIntervalMs: call.parameters.download.retryInterval * 1000,
  maxDurationMs: call.parameters.download.maxDuration * 1000,
  journal: call.machine.journal,
});

const permittedFormats = ({ config }: Call): string[] =>
  Array.isArray(config.permitted_image_formats)
    ? config.permitted_image_formats.map(String)
    : ['raw', 'gpt', 'qcow2', 'iso'];

const write = async (call: Call, image: ImageInfo, device: string, startBytes: number, sizeBytes: number) => {
  const trust = await trustOf(call.parameters);
  const timeoutMs = call.parameters.download.connectionTimeout * 1000;
  const checksum = await expectedChecksum(image, md5Allowed(call), trust, timeoutMs);
  await writeImage({
    image,
    checksum,
    permittedFormats: permittedFormats(call),
    device,
    startBytes,
    sizeBytes,
    temporaryFolder: join(call.machine.roots.tmp, 'images'),
    downloadOptions: downloadOptions(call, trust),
    journal: call.machine.journal,
  });
};

const writeWholeDisk = async (call: Call, image: ImageInfo, disk: Disk): Promise<PartitionUuids> => {
  await write(call, image, disk.name, 0, disk.size);
  const uuids = await wholeDiskUuids(disk.name);
  const handle = await open(disk.name, 'r+');
  try {
    await stretchToDisk(handle, disk.size);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return uuids;
};

/** Makes what stands around the root: by the programs that know these file systems. */
const makeFileSystem = async (call: Call, disk: Disk, image: ImageInfo, partition: PlannedPartition): Promise<void> => {
  const { run } = call.machine;
  const device = partitionDevice(disk.name, partition.number);
  const makers: Partial<Record<PlannedPartition['purpose'], () => Promise<unknown>>> = {
    efi: () => run('mkfs.vfat', ['-n', 'efi-part', device]),
    swap: () => run('mkswap', ['-L', 'swap1', device]),
    ephemeral: async () =>
      image.preserveEphemeral || run(`mkfs.${image.ephemeralFormat}`, ['-L', 'ephemeral0', device]),
  };
  const make = makers[partition.purpose];
  if (!make) return;
  if (!(await deviceAppears(device))) throw deploymentError(`the partition ${device} did not appear`);
  await make();
};

const partitionTableFirst = async (disk: Disk, request: LayoutRequest, plan: readonly PlannedPartition[]) => {
  const handle = await open(disk.name, 'r+');
  try {
    await wipe(handle, 0, mib);
    await wipe(handle, disk.size - mib, mib);
    await writeLayout(handle, request, plan);
  } finally {
    await handle.close();
  }
};

const writePartitions = async (
  call: Call,
  image: ImageInfo,
  disk: Disk,
  configDriveMb: number,
): Promise<PartitionUuids> => {
  const bootMode = image.bootMode ?? (await readBoot(call.machine, undefined)).current_boot_mode;
  const request: LayoutRequest = {
    image,
    label: image.diskLabel ?? (bootMode === 'uefi' ? 'gpt' : 'msdos'),
    bootMode: bootMode === 'uefi' ? 'uefi' : 'bios',
    diskBytes: disk.size,
    sectorBytes: disk.logical_sectors,
    reservedMb: configDriveMb,
  };
  const plan = planLayout(request);
  const root = plan.find(partition => partition.purpose === 'root')!;
  await partitionTableFirst(disk, request, plan);
  await write(call, image, disk.name, root.startBytes, root.sizeBytes);
  await rereadPartitionTable(call.machine, disk.name);
  for (const partition of plan) await makeFileSystem(call, disk, image, partition);
  const efi = plan.find(partition => partition.purpose === 'efi');
  return {
    'root uuid': await fileSystemUuid(disk.name, root.startBytes),
    'efi system partition uuid': efi ? await fileSystemUuid(disk.name, efi.startBytes) : null,
    'PReP Boot partition uuid': null,
    partitions: Object.fromEntries(plan.map(one => [one.purpose, partitionDevice(disk.name, one.number)])),
  };
};

/**
 * Writes the image and the config drive to the disk of the node's choice. Unlike the agent that this protocol comes
 * from, an image is written each time that it is asked for, also when its id is the last one's.
 */
export const prepareImage = async (call: Call): Promise<Prepared> => {
  const image = imageOf(call, call.args.image_info);
  const disk = await call.hardware.dispatch<Disk>('get_os_install_device', { node: call.node });
  const source = call.args.configdrive ?? image.configDrive;
  if (source !== undefined && typeof source !== 'string') throw configDriveError('the config drive must be a text');
  // Read before anything is written: a bad one must not cost the disk.
  const timeoutMs = call.parameters.httpRequestTimeout * 1000;
  const configDrive = source ? await readConfigDrive(source, await trustOf(call.parameters), timeoutMs) : undefined;
  call.machine.journal.info(`image ${image.id} goes to ${disk.name}`);
  const uuids = image.isPartitionImage
    ? await writePartitions(call, image, disk, configDrive ? Math.ceil(configDrive.length / mib) + 1 : 0)
    : await writeWholeDisk(call, image, disk);
  if (configDrive) await writeConfigDrive(disk.name, disk.size, configDrive);
  await rereadPartitionTable(call.machine, disk.name);
  return { text: `image (${image.id}) written to device ${disk.name} root_uuid=${uuids['root uuid']}`, uuids };
};
