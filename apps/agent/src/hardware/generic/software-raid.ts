import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { isBag } from '../../api/command.js';
import { lastUsableLba, newGpt, partitionTypes, writeGpt } from '../../image/partition-table/gpt.js';
import { deviceAppears, rereadPartitionTable } from '../../image/partition-table/reread.js';
import type { Bag } from '../../lookup/lookup.js';
import { ProgramMissing } from '../../machine/run-command.js';
import { softwareRaidError } from '../../problem.js';
import { wipeMetadata } from '../erase/wipe-metadata.js';
import type { Call } from '../hardware-manager.js';
import { partitionDevice } from '../inventory/disks.js';
import type { Disk } from '../inventory/inventory.js';
import { isSkipped, matchesHints } from '../root-device.js';

const mib = 1024 * 1024;

interface LogicalDisk {
  readonly level: string;
  /** GiB; `MAX` takes what the others leave. */
  readonly sizeGb: number | 'MAX';
  readonly name?: string;
  readonly hints?: readonly Bag[];
}

const levels: Record<string, string> = { '0': '0', '1': '1', '1+0': '10', '5': '5', '6': '6' };
const fewestDisks: Record<string, number> = { '0': 2, '1': 2, '10': 4, '5': 3, '6': 4 };

/** The logical disks of `target_raid_config` that are for software RAID, all of them checked. */
export const parseRaidConfig = (config: unknown): LogicalDisk[] => {
  const list = isBag(config) && Array.isArray(config.logical_disks) ? (config.logical_disks as unknown[]) : [];
  const disks = list.filter(isBag).filter(disk => disk.controller === 'software');
  if (disks.length > 2) throw softwareRaidError('software RAID has one or two logical disks');
  const parsed = disks.map(disk => {
    const level = levels[String(disk.raid_level)];
    if (!level) throw softwareRaidError(`there is no software RAID of level ${String(disk.raid_level)}`);
    const sizeGb = disk.size_gb === 'MAX' ? 'MAX' : Number(disk.size_gb);
    if (sizeGb !== 'MAX' && !(sizeGb > 0)) throw softwareRaidError(`size_gb ${String(disk.size_gb)} is no size`);
    const hints = Array.isArray(disk.physical_disks) ? disk.physical_disks.filter(isBag) : undefined;
    return {
      level,
      sizeGb,
      hints,
      ...(typeof disk.volume_name === 'string' && { name: disk.volume_name }),
    } as LogicalDisk;
  });
  if (parsed.slice(0, -1).some(disk => disk.sizeGb === 'MAX')) throw softwareRaidError('only the last may be MAX');
  // The first one is started from, by firmware that knows no RAID: each of its disks must hold all of it.
  if (parsed[0] && parsed[0].level !== '1') throw softwareRaidError('the first logical disk must be of level 1');
  return parsed;
};

const componentDisks = async (call: Call, wanted: readonly LogicalDisk[]): Promise<Disk[]> => {
  const disks = await call.hardware.dispatch<Disk[]>('list_block_devices', { node: call.node });
  const chosen: Disk[] = [];
  const hints = wanted.flatMap(disk => disk.hints ?? []);
  for (const disk of disks) {
    if (disk.name.includes('/md') || (await isSkipped(disk, call.node))) continue;
    const matches = await Promise.all(hints.map(hint => matchesHints(disk, hint)));
    if (hints.length === 0 || matches.includes(true)) chosen.push(disk);
  }
  return chosen;
};

/** How many MiB of each disk a logical disk takes. */
const memberMb = (disk: LogicalDisk, members: number, freeMb: number): number => {
  if (disk.sizeGb === 'MAX') return freeMb;
  const data = { '0': members, '1': 1, '10': members / 2, '5': members - 1, '6': members - 2 }[disk.level]!;
  return Math.ceil((disk.sizeGb * 1024) / data);
};

const efiMb = 550;

/** The same table on every disk: room for an EFI system partition, then one partition for each logical disk. */
const partitionDisk = async (disk: Disk, sizesMb: readonly number[]): Promise<void> => {
  const handle = await open(disk.name, 'r+');
  try {
    const gpt = newGpt();
    let startMb = 1 + efiMb;
    const raid = sizesMb.map((mb, index) => {
      const firstLba = (startMb * mib) / 512;
      startMb += mb;
      const lastLba = (startMb * mib) / 512 - 1;
      return {
        number: index + 1,
        typeGuid: partitionTypes.linuxRaid,
        guid: randomUUID(),
        firstLba,
        lastLba,
        attributes: 0n,
        name: `raid${index}`,
      };
    });
    if (raid.some(partition => partition.lastLba > lastUsableLba(gpt, disk.size))) {
      throw softwareRaidError(`${disk.name} is too small for the logical disks`);
    }
    await writeGpt(handle, { ...gpt, partitions: raid }, disk.size);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const create = async (call: Call, config: unknown): Promise<unknown> => {
  const wanted = parseRaidConfig(config);
  if (wanted.length === 0) throw softwareRaidError('target_raid_config has no logical disk with controller "software"');
  const disks = await componentDisks(call, wanted);
  for (const { level } of wanted) {
    if (disks.length < fewestDisks[level]!)
      throw softwareRaidError(`level ${level} needs ${fewestDisks[level]} disks, there are ${disks.length}`);
  }
  let freeMb = Math.floor(Math.min(...disks.map(disk => disk.size)) / mib) - efiMb - 2;
  const sizesMb: number[] = [];
  for (const disk of wanted) {
    const mb = memberMb(disk, disks.length, freeMb);
    if (mb > freeMb || mb < 1) throw softwareRaidError('the disks are too small for the logical disks');
    sizesMb.push(mb);
    freeMb -= mb;
  }
  for (const disk of disks) {
    await partitionDisk(disk, sizesMb);
    await rereadPartitionTable(call.machine, disk.name);
  }
  for (const [index, { level, name }] of wanted.entries()) {
    const members = disks.map(disk => partitionDevice(disk.name, index + 1));
    for (const member of members)
      if (!(await deviceAppears(member))) throw softwareRaidError(`${member} did not appear`);
    await call.machine.run('mdadm', [
      '--create',
      `/dev/md${index}`,
      '--force',
      '--run',
      '--metadata=1',
      `--level=${level}`,
      `--name=${name ?? `md${index}`}`,
      `--raid-devices=${members.length}`,
      ...members,
    ]);
  }
  return {
    logical_disks: wanted.map(({ level, sizeGb }) => ({ controller: 'software', raid_level: level, size_gb: sizeGb })),
  };
};

export const createRaid = (call: Call): Promise<unknown> => create(call, call.node.target_raid_config);

/** Stops the arrays and makes their members forget them. Without mdadm there can be none. */
export const deleteRaid = async (call: Call): Promise<void> => {
  const { run } = call.machine;
  try {
    await run('mdadm', ['--stop', '--scan'], { accept: [0, 1] });
  } catch (error) {
    if (!(error instanceof ProgramMissing)) throw error;
    return;
  }
  for (const disk of await componentDisks(call, [])) await wipeMetadata(disk);
};

export const applyRaid = async (call: Call): Promise<unknown> => {
  parseRaidConfig(call.args.raid_config);
  if (call.args.delete_existing !== false) await deleteRaid(call);
  return create(call, call.args.raid_config);
};
