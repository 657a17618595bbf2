import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readText } from '../machine/files.js';
import type { Machine } from '../machine/machine.js';
import { tryRun } from '../machine/run-command.js';
import { parseKernelParameters, parseParametersFile } from './kernel-parameters.js';
import { readParameters, type Parameters } from './parameters.js';

/** `parameters.txt` from the removable device that an API with virtual media labels so. */
const fromVirtualMedia = async (machine: Machine): Promise<string | undefined> => {
  const device = (await tryRun(machine.run, 'blkid', ['-t', 'LABEL=ir-vfd-dev', '-o', 'device']))
    ?.trim()
    .split('\n')[0];
  if (!device) return undefined;
  const folder = join(machine.roots.tmp, 'virtual-media');
  await mkdir(folder, { recursive: true });
  if ((await tryRun(machine.run, 'mount', ['-o', 'ro', device, folder])) === undefined) return undefined;
  const text = await readText(join(folder, 'parameters.txt'));
  await tryRun(machine.run, 'umount', [folder]);
  return text;
};

/** The kernel's command line, then a file in the ramdisk, then virtual media: the later one wins. */
export const findParameters = async (machine: Machine): Promise<Parameters> => {
  const values = parseKernelParameters((await readText(join(machine.roots.proc, 'cmdline'))) ?? '');
  const files = [await readText(join(machine.roots.root, 'etc/ferrolog-agent/parameters.txt'))];
  if (values.get('boot_method') === 'vmedia') files.push(await fromVirtualMedia(machine));
  for (const text of files) for (const [key, value] of parseParametersFile(text ?? '')) values.set(key, value);
  return readParameters(values);
};
