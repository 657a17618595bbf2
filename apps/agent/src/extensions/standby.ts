import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Extension, Params } from '../api/command.js';
import type { Hardware } from '../hardware/hardware.js';
import { imageOf } from '../image/prepare-image.js';
import type { Bag } from '../lookup/lookup.js';
import type { Machine } from '../machine/machine.js';
import { tryRun } from '../machine/run-command.js';
import { commandExecutionError, systemRebootError } from '../problem.js';

export interface StandbyOptions {
  readonly hardware: Hardware;
  readonly machine: Machine;
  readonly config: () => Bag;
}

const sync = (machine: Machine): Promise<unknown> => machine.run('sync');

/** The init system is asked, and where there is none the kernel (Documentation/admin-guide/sysrq.rst). */
const leave = async (machine: Machine, program: 'reboot' | 'poweroff'): Promise<void> => {
  await sync(machine);
  if ((await tryRun(machine.run, program, ['-f'])) !== undefined) return;
  const key = program === 'reboot' ? 'b' : 'o';
  await writeFile(join(machine.roots.proc, 'sysrq-trigger'), key).catch((error: unknown) => {
    throw systemRebootError(`${program} failed, and sysrq: ${String(error)}`);
  });
};

/** Deploying without steps, and leaving the ramdisk. */
export const standbyExtension = ({ hardware, machine, config }: StandbyOptions): Extension => {
  const validate = (params: Params): void => void imageOf({ config: config() }, params.image_info ?? {});
  return {
    prepare_image: {
      kind: 'async',
      takes: { image_info: 'optional', configdrive: 'optional' },
      validate,
      run: params => hardware.dispatch('prepare_image', { args: params }),
    },
    execute_bootc_install: {
      kind: 'async',
      takes: {
        image_source: 'required',
        instance_info: 'optional',
        pull_secret: 'optional',
        configdrive: 'optional',
      },
      run: () =>
        Promise.reject(
          commandExecutionError('this ramdisk has no container runtime, so that bootc images cannot be installed'),
        ),
    },
    run_image: { kind: 'async', takes: {}, run: () => leave(machine, 'reboot') },
    power_off: { kind: 'async', takes: {}, run: () => leave(machine, 'poweroff') },
    sync: {
      kind: 'sync',
      takes: {},
      run: async () => {
        await sync(machine);
      },
    },
    get_partition_uuids: { kind: 'sync', takes: {}, run: () => hardware.dispatch('get_partition_uuids') },
  };
};
