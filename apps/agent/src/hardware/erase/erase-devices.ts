import { basename, join } from 'node:path';
import { isBag } from '../../api/command.js';
import { readText } from '../../machine/files.js';
import { AgentProblem, blockDeviceEraseError, cleaningError } from '../../problem.js';
import type { Call } from '../hardware-manager.js';
import type { Disk } from '../inventory/inventory.js';
import { isSkipped } from '../root-device.js';
import { overwrite } from './overwrite.js';
import { ataErase, nvmeErase, type SecureErase } from './secure-erase.js';
import { wipeMetadata } from './wipe-metadata.js';

/** What the conductor put into `driver_internal_info` about erasing; defaults are Ironic's. */
const eraseOptions = ({ node }: Call) => {
  const info = isBag(node.driver_internal_info) ? node.driver_internal_info : {};
  const flag = (name: string, fallback: boolean): boolean => (typeof info[name] === 'boolean' ? info[name] : fallback);
  const count = (name: string, fallback: number): number =>
    Number.isInteger(Number(info[name] ?? 'none')) ? Number(info[name]) : fallback;
  return {
    iterations: count('agent_erase_devices_iterations', 1),
    zeroize: flag('agent_erase_devices_zeroize', true),
    ataSecureErase: flag('agent_enable_ata_secure_erase', true),
    nvmeSecureErase: flag('agent_enable_nvme_secure_erase', true),
    continueIfSecureEraseFailed: flag('agent_continue_if_secure_erase_failed', false),
    concurrency: Math.max(1, count('disk_erasure_concurrency', 1)),
    skipReadOnly: flag('agent_erase_skip_read_only', false),
  };
};

const isReadOnly = async (call: Call, disk: Disk): Promise<boolean> =>
  (await readText(join(call.machine.roots.sys, 'block', basename(disk.name), 'ro'))) === '1';

/** All disks but those that the node keeps; a read-only one is a failure unless it may be skipped. */
const erasableDisks = async (call: Call): Promise<Disk[]> => {
  const disks: Disk[] = [];
  for (const disk of await call.hardware.dispatch<Disk[]>('list_block_devices', { node: call.node })) {
    if (await isSkipped(disk, call.node)) {
      call.machine.journal.info(`${disk.name} is not erased: properties.skip_block_devices`);
    } else if (!(await isReadOnly(call, disk))) disks.push(disk);
    else if (!eraseOptions(call).skipReadOnly) throw blockDeviceEraseError(`${disk.name} is read-only`);
  }
  return disks;
};

const secureErase = async (call: Call, disk: Disk): Promise<SecureErase> => {
  const options = eraseOptions(call);
  try {
    const byNvme = options.nvmeSecureErase ? await nvmeErase(call.machine, disk) : 'unsupported';
    if (byNvme === 'erased') return byNvme;
    return options.ataSecureErase ? await ataErase(call.machine, disk) : 'unsupported';
  } catch (error) {
    if (!options.continueIfSecureEraseFailed) throw blockDeviceEraseError(`${disk.name}: ${String(error)}`);
    call.machine.journal.info(`secure erase of ${disk.name} failed, it is overwritten instead: ${String(error)}`);
    return 'unsupported';
  }
};

/** One disk, by the drive itself where it can, else by overwriting all of it. */
export const eraseBlockDevice = async (call: Call): Promise<void> => {
  const disk = call.args.block_device as Disk;
  const { iterations, zeroize } = eraseOptions(call);
  if ((await secureErase(call, disk)) === 'erased') return;
  await overwrite(disk, iterations, zeroize);
};

/** Every disk is tried, so that one bad drive does not leave the data on the others. */
const onEach = async (
  call: Call,
  disks: readonly Disk[],
  concurrency: number,
  erase: (disk: Disk) => Promise<unknown>,
) => {
  const failures: string[] = [];
  const waiting = [...disks];
  const worker = async (): Promise<void> => {
    for (let disk = waiting.shift(); disk; disk = waiting.shift()) {
      call.machine.journal.info(`erasing ${disk.name}`);
      const failed = await erase(disk).then(
        () => undefined,
        (error: unknown) => (error instanceof AgentProblem ? error.details : String(error)),
      );
      if (failed) failures.push(`${disk.name}: ${failed}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, disks.length) }, worker));
  if (failures.length > 0) throw cleaningError(failures.join('; '));
};

export const eraseDevices = async (call: Call): Promise<void> => {
  const { concurrency } = eraseOptions(call);
  await onEach(call, await erasableDisks(call), concurrency, disk =>
    call.hardware.dispatch('erase_block_device', { node: call.node, ports: call.ports, args: { block_device: disk } }),
  );
};

export const eraseDevicesMetadata = async (call: Call): Promise<void> =>
  onEach(call, await erasableDisks(call), 4, wipeMetadata);

/** By the drive itself where that is a matter of seconds (NVMe), else the metadata only. */
export const eraseDevicesExpress = async (call: Call): Promise<void> => {
  const options = eraseOptions(call);
  await onEach(call, await erasableDisks(call), options.concurrency, async disk => {
    const done = options.nvmeSecureErase ? await nvmeErase(call.machine, disk) : 'unsupported';
    if (done === 'unsupported') await wipeMetadata(disk);
  });
};
