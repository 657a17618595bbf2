import { setTimeout as sleep } from 'node:timers/promises';
import { exists } from '../../machine/files.js';
import type { Machine } from '../../machine/machine.js';
import { tryRun } from '../../machine/run-command.js';

/** Has the kernel read the partition table of a disk again: it takes an ioctl, so a program. */
export const rereadPartitionTable = async (machine: Machine, disk: string): Promise<void> => {
  const done =
    (await tryRun(machine.run, 'partprobe', [disk])) ??
    (await tryRun(machine.run, 'blockdev', ['--rereadpt', disk])) ??
    (await tryRun(machine.run, 'partx', ['-u', disk]));
  if (done === undefined) machine.journal.info(`the kernel was not told of the new partition table of ${disk}`);
  await tryRun(machine.run, 'udevadm', ['settle', '--timeout=20']);
};

/** The kernel makes the devices of new partitions in its own time. */
export const deviceAppears = async (path: string, timeoutMs = 15_000): Promise<boolean> => {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(100)) if (await exists(path)) return true;
  return false;
};
