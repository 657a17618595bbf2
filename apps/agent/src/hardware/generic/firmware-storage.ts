import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder } from '../../machine/files.js';
import { cleaningError } from '../../problem.js';
import type { Call } from '../hardware-manager.js';

/** Crash records of earlier owners, which the kernel shows as files (Documentation/admin-guide/pstore-blk.rst). */
export const erasePstore = async ({ machine }: Call): Promise<void> => {
  const folder = join(machine.roots.sys, 'fs/pstore');
  for (const name of await listFolder(folder)) await rm(join(folder, name), { force: true });
};

const compile = (pattern: string): RegExp => {
  try {
    return new RegExp(pattern, 'i');
  } catch (error) {
    throw cleaningError(`match_patterns: ${String(error)}`);
  }
};

/** Boot entries that operating systems leave in the firmware. Without patterns: those that deployments make. */
export const cleanUefiNvram = async ({ machine, args }: Call): Promise<void> => {
  const patterns = Array.isArray(args.match_patterns) ? args.match_patterns.map(String) : ['^ironic\\d+', '^UEFI OS'];
  const matchers = patterns.map(compile);
  const { stdout } = await machine.run('efibootmgr', ['-v']);
  for (const [, number, label = ''] of stdout.matchAll(/^Boot([0-9A-Fa-f]{4})\*?\s+(.*?)(?:\t.*)?$/gm)) {
    if (matchers.some(matcher => matcher.test(label))) await machine.run('efibootmgr', ['-b', number!, '-B']);
  }
};
