import { BmcRefused } from '../../errors.js';
import type { Command } from '../command.js';
import { decodeBootFlags, encodeBootFlags, type BootDevice, type BootFlags } from './boot-flags.js';
import {
  BIOS_TO_HANDLE_BOOT_INFO,
  BootParameter,
  getSystemBootOptions,
  KEEP_VALID_AFTER_60_SECONDS,
  SetInProgress,
  setSystemBootOptions,
} from './system-boot-options.js';

/** Runs one command of a sequence that nothing of ours comes between. */
export type Run = <Answer>(command: Command<Answer>) => Promise<Answer>;

export interface BootDeviceChoice {
  readonly device: BootDevice;
  /** For all boots to come, rather than the next one; default false. */
  readonly persistent?: boolean;
  /** Boot by UEFI; default false. */
  readonly efi?: boolean;
  /**
   * Keeps the choice for longer than the 60 seconds after which a BMC drops it when no chassis control command has
   * come; default false. Ironic does this unless `ipmi_disable_boot_timeout` says otherwise.
   */
  readonly disableTimeout?: boolean;
}

/**
 * Sets the boot flags the way ipmitool does: parameters are claimed by "set in progress", the BIOS is told that
 * there is news, the flags are written, then committed and released. The claim is only a notice (table 28-14), and
 * BMCs without it, or without commit and acknowledge, work all the same: refusing those is no failure.
 *
 * @throws BmcRefused the flags themselves, or with `disableTimeout` the longer time, were refused
 */
export const setBootDevice = async (run: Run, choice: BootDeviceChoice): Promise<void> => {
  const { device, persistent = false, efi = false, disableTimeout = false } = choice;
  const set = (parameter: number, ...data: number[]) => run(setSystemBootOptions(parameter, Buffer.from(data)));

  const claimed = await unlessRefused(set(BootParameter.setInProgress, SetInProgress.inProgress));
  try {
    if (disableTimeout) await set(BootParameter.validBitClearing, KEEP_VALID_AFTER_60_SECONDS);
    await unlessRefused(set(BootParameter.infoAcknowledge, ...BIOS_TO_HANDLE_BOOT_INFO));
    await set(BootParameter.bootFlags, ...encodeBootFlags({ device, valid: true, persistent, efi }));
    if (claimed) await unlessRefused(set(BootParameter.setInProgress, SetInProgress.commit));
  } catch (error) {
    // Without a commit, a BMC that can roll back drops what was written.
    if (error instanceof BmcRefused && claimed)
      await unlessRefused(set(BootParameter.setInProgress, SetInProgress.complete));
    throw error;
  }
  if (claimed) await unlessRefused(set(BootParameter.setInProgress, SetInProgress.complete));
};

/** Reads the boot flags; a parameter that is marked invalid as a whole reads as not valid. */
export const getBootDevice = async (run: Run): Promise<BootFlags> => {
  const { invalid, data } = await run(getSystemBootOptions(BootParameter.bootFlags));
  const flags = decodeBootFlags(data);
  return invalid ? { ...flags, valid: false } : flags;
};

const unlessRefused = async (outcome: Promise<void>): Promise<boolean> => {
  try {
    await outcome;
    return true;
  } catch (error) {
    if (error instanceof BmcRefused && !error.retriable) return false;
    throw error;
  }
};
