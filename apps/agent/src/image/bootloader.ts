import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Call } from '../hardware/hardware-manager.js';
import { partitionDevice } from '../hardware/inventory/disks.js';
import type { Disk } from '../hardware/inventory/inventory.js';
import { readBoot } from '../hardware/inventory/system.js';
import { listFolder } from '../machine/files.js';
import { ProgramMissing, tryRun } from '../machine/run-command.js';
import { deviceNotFound } from '../problem.js';
import { identifyFileSystem } from './file-system.js';
import { readPartitionTable, type Partition } from './partition-table/partition-table.js';

interface Loader {
  /** As the firmware names it: `\EFI\debian\shimx64.efi`. */
  readonly path: string;
  readonly isFallback: boolean;
}

const preferred = ['shimx64.efi', 'shimaa64.efi', 'shim.efi', 'grubx64.efi', 'grubaa64.efi', 'systemd-bootx64.efi'];
const fallbacks = ['bootx64.efi', 'bootaa64.efi', 'bootriscv64.efi'];

/** The loader of an EFI system partition: a distribution's own before the one that firmware tries by itself. */
export const findLoader = async (folder: string): Promise<Loader | undefined> => {
  const efi = (await listFolder(folder)).find(name => name.toLowerCase() === 'efi');
  if (!efi) return undefined;
  const vendors = await listFolder(join(folder, efi));
  for (const isFallback of [false, true]) {
    for (const wanted of isFallback ? fallbacks : preferred) {
      for (const vendor of vendors.filter(name => (name.toLowerCase() === 'boot') === isFallback)) {
        const file = (await listFolder(join(folder, efi, vendor))).find(name => name.toLowerCase() === wanted);
        if (file) return { path: `\\${efi}\\${vendor}\\${file}`, isFallback };
      }
    }
  }
  return undefined;
};

const withMount = async <T>(
  call: Call,
  device: string,
  name: string,
  use: (folder: string) => Promise<T>,
): Promise<T> => {
  const folder = join(call.machine.roots.tmp, name);
  await mkdir(folder, { recursive: true });
  await call.machine.run('mount', [device, folder]);
  try {
    return await use(folder);
  } finally {
    await tryRun(call.machine.run, 'umount', ['-R', folder]);
  }
};

const partitionsOf = async (disk: Disk): Promise<readonly Partition[]> => {
  const handle = await open(disk.name, 'r');
  try {
    return (await readPartitionTable(handle))?.partitions ?? [];
  } finally {
    await handle.close();
  }
};

const entryName = 'ironic1';

/** Makes the disk's loader the firmware's first choice; entries of earlier deployments go. */
const addFirmwareEntry = async (call: Call, disk: Disk, partition: Partition, loader: Loader): Promise<void> => {
  const { run, journal } = call.machine;
  try {
    const { stdout } = await run('efibootmgr', ['-v']);
    for (const [, number] of stdout.matchAll(new RegExp(`^Boot([0-9A-F]{4})\\*?\\s+ironic\\d+\\b`, 'gm'))) {
      await run('efibootmgr', ['-b', number!, '-B']);
    }
    await run('efibootmgr', [
      '-c',
      '-d',
      disk.name,
      '-p',
      String(partition.number),
      '-w',
      '-L',
      entryName,
      '-l',
      loader.path,
    ]);
  } catch (error) {
    // Firmware starts \EFI\BOOT by itself, so that a ramdisk without efibootmgr is no failure there.
    if (!(error instanceof ProgramMissing) || !loader.isFallback) throw error;
    journal.info(`no efibootmgr here; the firmware will find ${loader.path} by itself`);
  }
};

/** grub-install of the image itself, in its own root, on machines that start by BIOS or have no loader yet. */
const installGrub = async (call: Call, disk: Disk, root: string, esp: string | undefined): Promise<void> => {
  await withMount(call, root, 'installed-root', async folder => {
    const { run } = call.machine;
    for (const special of ['dev', 'proc', 'sys', 'run'])
      await run('mount', ['--rbind', `/${special}`, join(folder, special)]);
    if (esp) {
      await mkdir(join(folder, 'boot/efi'), { recursive: true });
      await run('mount', [esp, join(folder, 'boot/efi')]);
    }
    const grub = (await tryRun(run, 'chroot', [folder, 'grub2-install', '--version'])) === undefined ? 'grub' : 'grub2';
    await run('chroot', [folder, `${grub}-install`, ...(esp ? ['--removable'] : []), disk.name]);
    await run('chroot', [folder, `${grub}-mkconfig`, '-o', `/boot/${grub}/grub.cfg`]);
  });
};

const rootPartition = async (disk: Disk, rootUuid: unknown): Promise<string> => {
  const handle = await open(disk.name, 'r');
  try {
    for (const partition of (await readPartitionTable(handle))?.partitions ?? []) {
      const uuid = (await identifyFileSystem(handle, partition.startBytes))?.uuid;
      if (uuid === rootUuid || partition.uuid === rootUuid) return partitionDevice(disk.name, partition.number);
    }
  } finally {
    await handle.close();
  }
  throw deviceNotFound(`no partition of ${disk.name} has the UUID ${String(rootUuid)}`);
};

const installForUefi = async (call: Call, disk: Disk): Promise<void> => {
  const esp = (await partitionsOf(disk)).find(partition => partition.isEfiSystem);
  if (!esp) throw deviceNotFound(`${disk.name} has no EFI system partition`);
  const device = partitionDevice(disk.name, esp.number);
  let loader = await withMount(call, device, 'esp', findLoader);
  if (!loader && call.args.root_uuid) {
    await installGrub(call, disk, await rootPartition(disk, call.args.root_uuid), device);
    loader = await withMount(call, device, 'esp', findLoader);
  }
  if (!loader) throw deviceNotFound(`the EFI system partition ${device} has no boot loader`);
  await addFirmwareEntry(call, disk, esp, loader);
};

const wantsBiosLoader = async (call: Call, disk: Disk): Promise<boolean> => {
  if (!call.args.root_uuid) return false;
  // Of a whole-disk image the "root" is the disk itself, and its loader came with it.
  const isDiskId = !(await rootPartition(disk, call.args.root_uuid).catch(() => undefined));
  return !isDiskId || call.config.enable_bios_bootloader_install === true;
};

/** `image.install_bootloader`: what it takes that the machine starts from its disk. */
export const installBootloader = async (call: Call): Promise<void> => {
  const disk = await call.hardware.dispatch<Disk>('get_os_install_device', { node: call.node });
  const mode = call.args.target_boot_mode ?? (await readBoot(call.machine, undefined)).current_boot_mode;
  try {
    if (mode === 'uefi') await installForUefi(call, disk);
    else if (await wantsBiosLoader(call, disk)) {
      await installGrub(call, disk, await rootPartition(disk, call.args.root_uuid), undefined);
    }
  } catch (error) {
    const ignore = call.args.ignore_bootloader_failure ?? call.parameters.ignoreBootloaderFailure;
    if (ignore !== true) throw error;
    call.machine.journal.info(`the boot loader was not installed, which is to be ignored: ${String(error)}`);
  }
};
