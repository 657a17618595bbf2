import type { Machine } from '../../machine/machine.js';
import { tryRun } from '../../machine/run-command.js';
import type { Disk } from '../inventory/inventory.js';

/** What a drive did by itself: `unsupported` leaves it untouched, so that overwriting may follow. */
export type SecureErase = 'erased' | 'unsupported';

/**
 * The drive's own format (NVM Express, Format NVM): secure erase by its key where it encrypts, else of all data.
 * Rejects when the drive began and failed.
 */
export const nvmeErase = async (machine: Machine, disk: Disk): Promise<SecureErase> => {
  if (!/\/nvme\d+n\d+$/.test(disk.name)) return 'unsupported';
  const identity = await tryRun(machine.run, 'nvme', ['id-ctrl', disk.name, '-o', 'json']);
  if (!identity) return 'unsupported';
  const controller = JSON.parse(identity) as { oacs?: number; fna?: number };
  const formats = ((controller.oacs ?? 0) & 0x2) !== 0;
  if (!formats) return 'unsupported';
  const mode = ((controller.fna ?? 0) & 0x4) !== 0 ? '2' : '1';
  await machine.run('nvme', ['format', disk.name, '-s', mode, '-f']);
  return 'erased';
};

const password = 'NULL';

interface AtaSecurity {
  readonly supported: boolean;
  readonly enabled: boolean;
  readonly frozen: boolean;
  readonly locked: boolean;
  readonly enhanced: boolean;
}

/** The Security section of `hdparm -I`: a feature that is off has "not" in front. */
export const parseAtaSecurity = (output: string): AtaSecurity => {
  const section = /\nSecurity:\s*\n((?:[ \t]+.*\n?)*)/.exec(output)?.[1] ?? '';
  const has = (word: string): boolean => new RegExp(`^[ \\t]+${word}\\s*$`, 'm').test(section);
  return {
    supported: has('supported'),
    enabled: has('enabled'),
    frozen: has('frozen'),
    locked: has('locked'),
    enhanced: has('supported: enhanced erase'),
  };
};

/**
 * ATA Security Erase Unit (ACS-3, 7.46) through hdparm. A password is set first, because the command wants one; when
 * the erasure fails it is taken off again, so that the disk is not locked out at the next power on.
 */
export const ataErase = async (machine: Machine, disk: Disk): Promise<SecureErase> => {
  if (disk.tran !== 'sata') return 'unsupported';
  const output = await tryRun(machine.run, 'hdparm', ['-I', disk.name]);
  const security = parseAtaSecurity(output ?? '');
  if (!security.supported || security.frozen || security.locked) return 'unsupported';
  const hdparm = (...args: string[]) => machine.run('hdparm', ['--user-master', 'u', ...args, disk.name]);
  if (!security.enabled) await hdparm('--security-set-pass', password);
  try {
    await hdparm(security.enhanced ? '--security-erase-enhanced' : '--security-erase', password);
  } catch (error) {
    await tryRun(machine.run, 'hdparm', ['--user-master', 'u', '--security-disable', password, disk.name]);
    throw error;
  }
  return 'erased';
};
