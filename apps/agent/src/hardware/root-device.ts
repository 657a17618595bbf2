import { isBag } from '../api/command.js';
import type { Bag } from '../lookup/lookup.js';
import { linkTarget } from '../machine/files.js';
import { deviceNotFound } from '../problem.js';
import { matchesHint } from './hint-operators.js';
import type { Disk } from './inventory/inventory.js';

const gib = 1024 ** 3;
const truths = new Set(['true', '1', 'yes', 'on', 't', 'y']);

/** Hints may be written for a URL ("%20"); a value that only looks so stays as it is. */
const decoded = (hint: unknown): unknown => {
  if (typeof hint !== 'string') return hint;
  try {
    return decodeURIComponent(hint);
  } catch {
    return hint;
  }
};

const matchesOne = async (disk: Disk, key: string, hint: unknown): Promise<boolean> => {
  if (key === 'size') return matchesHint(Math.floor(disk.size / gib), hint);
  if (key === 'rotational') return disk.rotational === truths.has(String(hint).toLowerCase());
  // A name may be any link of udev's to the device; they lead to the same place.
  if (key === 'name' && typeof hint === 'string' && (await linkTarget(hint)) === disk.name) return true;
  const actual = (disk as unknown as Record<string, unknown>)[key];
  return typeof actual === 'string' && matchesHint(actual, decoded(hint));
};

export const matchesHints = async (disk: Disk, hints: Bag): Promise<boolean> => {
  for (const [key, hint] of Object.entries(hints)) if (!(await matchesOne(disk, key, hint))) return false;
  return true;
};

/** The hints for the disk to install to: the instance's before the node's. */
export const rootDeviceHints = (node: Bag): Bag | undefined => {
  for (const holder of [node.instance_info, node.properties]) {
    const hints = isBag(holder) ? holder.root_device : undefined;
    if (isBag(hints) && Object.keys(hints).length > 0) return hints;
  }
  return undefined;
};

/** Disks that the node's `properties.skip_block_devices` keeps from cleaning and RAID. */
export const isSkipped = async (disk: Disk, node: Bag): Promise<boolean> => {
  const list = isBag(node.properties) ? node.properties.skip_block_devices : undefined;
  for (const hints of Array.isArray(list) ? list : []) {
    if (isBag(hints) && (await matchesHints(disk, hints))) return true;
  }
  return false;
};

/** Smaller ones are the sticks and service cards that no operating system belongs on. */
const smallestRootDisk = 4 * gib;

/** The disk to install to: the first that matches the node's hints, else the smallest from 4 GiB up. */
export const chooseRootDisk = async (disks: readonly Disk[], node: Bag): Promise<Disk> => {
  const hints = rootDeviceHints(node);
  if (hints) {
    for (const disk of disks) if (await matchesHints(disk, hints)) return disk;
    throw deviceNotFound(
      `no disk matches the root device hints ${JSON.stringify(hints)}; ` +
        `disks: ${disks.map(disk => `${disk.name} (${disk.size} bytes)`).join(', ') || 'none'}`,
    );
  }
  const candidates: Disk[] = [];
  for (const disk of disks) if (disk.size >= smallestRootDisk && !(await isSkipped(disk, node))) candidates.push(disk);
  candidates.sort((a, b) => a.size - b.size);
  if (candidates[0]) return candidates[0];
  throw deviceNotFound('no disk has 4 GiB or more, and the node has no root device hints that name a smaller one');
};
