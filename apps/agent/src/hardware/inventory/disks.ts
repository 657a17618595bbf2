import { join } from 'node:path';
import { exists, linkTarget, listFolder, readNumber, readText } from '../../machine/files.js';
import type { Machine } from '../../machine/machine.js';
import type { Disk } from './inventory.js';

/** What udev found out about a device, if udev runs in this ramdisk: `E:KEY=value` lines. */
const udevFacts = async (machine: Machine, folder: string): Promise<Map<string, string>> => {
  const number = await readText(join(folder, 'dev'));
  const text = number && (await readText(join(machine.roots.root, `run/udev/data/b${number}`)));
  const lines = (text ?? '').split('\n').filter(line => line.startsWith('E:'));
  return new Map(lines.map(line => line.slice(2).split(/=(.*)/s, 2) as [string, string]));
};

/** `naa.5000c500a0b1c2d3` and `eui.0025388b…` are the kernel's spelling of a world wide name. */
const worldWideName = (text: string | undefined): string | null => {
  const match = /^(?:naa|eui)\.([0-9a-f]+)$/i.exec(text ?? '');
  return match ? `0x${match[1]!.toLowerCase()}` : null;
};

const transport = (sysPath: string): string | null => {
  if (/\/nvme\d/.test(sysPath)) return 'nvme';
  if (sysPath.includes('/usb')) return 'usb';
  if (/\/ata\d/.test(sysPath)) return 'sata';
  if (sysPath.includes('/virtio')) return 'virtio';
  return null;
};

const byPath = async (machine: Machine, name: string): Promise<string | null> => {
  const folder = join(machine.roots.dev, 'disk/by-path');
  for (const link of await listFolder(folder)) {
    if ((await linkTarget(join(folder, link)))?.endsWith(`/${name}`)) return join(folder, link);
  }
  return null;
};

/** Unit serial number of SCSI (SPC-4, VPD page 80h): four bytes of head, then text. */
const scsiSerial = async (folder: string): Promise<string | undefined> => {
  const page = await readText(join(folder, 'device/vpd_pg80'));
  return page?.slice(4).trim() || undefined;
};

const describe = async (machine: Machine, name: string): Promise<Disk> => {
  const folder = join(machine.roots.sys, 'block', name);
  const read = (file: string): Promise<string | undefined> => readText(join(folder, file));
  const facts = await udevFacts(machine, folder);
  const device = (await linkTarget(join(folder, 'device'))) ?? '';
  const wwn = facts.get('ID_WWN') ?? worldWideName((await read('wwid')) ?? (await read('device/wwid')));
  return {
    name: join(machine.roots.dev, name),
    model: (await read('device/model')) ?? facts.get('ID_MODEL') ?? '',
    size: ((await readNumber(join(folder, 'size'))) ?? 0) * 512,
    rotational: (await read('queue/rotational')) === '1',
    wwn,
    serial:
      facts.get('ID_SERIAL_SHORT') ??
      (await read('serial')) ??
      (await read('device/serial')) ??
      (await scsiSerial(folder)) ??
      null,
    vendor: (await read('device/vendor')) ?? facts.get('ID_VENDOR') ?? null,
    wwn_with_extension: facts.get('ID_WWN_WITH_EXTENSION') ?? wwn,
    wwn_vendor_extension: facts.get('ID_WWN_VENDOR_EXTENSION') ?? null,
    hctl: /\/(\d+:\d+:\d+:\d+)$/.exec(device)?.[1] ?? null,
    by_path: await byPath(machine, name),
    logical_sectors: (await readNumber(join(folder, 'queue/logical_block_size'))) ?? 512,
    physical_sectors: (await readNumber(join(folder, 'queue/physical_block_size'))) ?? 512,
    tran: transport(device),
  };
};

const noDisk = /^(loop|ram|zram|sr|fd|dm-|nbd)/;

/** Disks and software RAIDs, by name. A device without a size is an empty card reader or an ejected medium. */
export const listDisks = async (machine: Machine): Promise<Disk[]> => {
  const folder = join(machine.roots.sys, 'block');
  const disks: Disk[] = [];
  for (const name of await listFolder(folder)) {
    if (noDisk.test(name)) continue;
    const real = name.startsWith('md') || (await exists(join(folder, name, 'device')));
    const disk = real ? await describe(machine, name) : undefined;
    if (disk && disk.size > 0) disks.push(disk);
  }
  return disks;
};

/** The number of a disk's partition as a device: `/dev/sda1`, `/dev/nvme0n1p1`. */
export const partitionDevice = (disk: string, number: number): string =>
  /\d$/.test(disk) ? `${disk}p${number}` : `${disk}${number}`;
