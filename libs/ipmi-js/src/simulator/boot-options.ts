import { COMPLETED, INVALID_LENGTH } from '../completion-codes.js';
import { decodeBootFlags, encodeBootFlags, type BootDevice, type BootFlags } from '../commands/chassis/boot-flags.js';
import {
  BootParameter,
  PARAMETER_NOT_SUPPORTED,
  SET_NOT_COMPLETE,
  SetInProgress,
} from '../commands/chassis/system-boot-options.js';
import type { After } from './timers.js';

/** Bits of parameter 3 (IPMI 2.0, table 28-14). */
const KEEP_AFTER_60_SECONDS = 0x08;
const KEEP_ON_POWER_BUTTON = 0x01;
const VALID = 0x80;
const PERSISTENT = 0x40;

/** The boot option parameters of a BMC and the BIOS that reads them. */
export interface BootOptions {
  readonly flags: BootFlags;
  setFlags(flags: Partial<BootFlags> & { readonly device?: BootDevice }): void;
  /** Set System Boot Options; answers a completion code. */
  write(parameter: number, data: Buffer): number;
  /** Get System Boot Options; undefined where the parameter is not supported. */
  read(parameter: number): Buffer | undefined;
  /** A chassis control command came: the countdown of the valid bit begins anew. */
  chassisControlled(): void;
  /** Someone pressed the power button. */
  powerButtonPressed(): void;
  /** The machine starts: the BIOS reads the flags, and clears those for one boot. */
  consume(): BootFlags;
  /** What a restart of the BMC does to them. */
  restart(): void;
}

export const createBootOptions = (timeoutMs: number, after: After): BootOptions => {
  const parameters = new Map<number, Buffer>([
    [BootParameter.setInProgress, Buffer.alloc(1)],
    [BootParameter.validBitClearing, Buffer.alloc(1)],
    [BootParameter.infoAcknowledge, Buffer.alloc(2)],
    [BootParameter.bootFlags, Buffer.alloc(5)],
  ]);
  const bytes = (parameter: number): Buffer => parameters.get(parameter)!;
  const keeps = (bit: number): boolean => (bytes(BootParameter.validBitClearing)[0]! & bit) !== 0;
  let cancelCountdown = (): void => {};

  const countDown = (): void => {
    cancelCountdown();
    cancelCountdown = after(timeoutMs, () => {
      if (!keeps(KEEP_AFTER_60_SECONDS)) clearValid();
    });
  };

  /** "Persistent" cannot be set without "valid". */
  const clearValid = (): void => {
    const flags = bytes(BootParameter.bootFlags);
    flags[0] = flags[0]! & ~(VALID | PERSISTENT);
  };

  const writeFlags = (data: Buffer): void => {
    parameters.set(BootParameter.bootFlags, Buffer.concat([data, Buffer.alloc(5)], 5));
    if (data[0]! & VALID) countDown();
    else clearValid();
  };

  return {
    get flags() {
      return decodeBootFlags(bytes(BootParameter.bootFlags));
    },

    setFlags({ device = 'none', valid = true, persistent = false, efi = false }) {
      writeFlags(encodeBootFlags({ device, valid, persistent, efi }));
    },

    write(parameter, data) {
      if (!parameters.has(parameter)) return PARAMETER_NOT_SUPPORTED;
      if (data.length === 0) return COMPLETED;
      if (parameter === BootParameter.setInProgress) {
        const inProgress = bytes(parameter)[0] === SetInProgress.inProgress;
        if (data[0] === SetInProgress.inProgress && inProgress) return SET_NOT_COMPLETE;
        // Nothing is rolled back, so that a commit has nothing to do.
        if (data[0] !== SetInProgress.commit) parameters.set(parameter, Buffer.from(data.subarray(0, 1)));
      } else if (parameter === BootParameter.infoAcknowledge) {
        if (data.length < 2) return INVALID_LENGTH;
        const [mask, value] = data as unknown as [number, number];
        parameters.set(parameter, Buffer.of(0x00, (bytes(parameter)[1]! & ~mask) | (value & mask)));
      } else if (parameter === BootParameter.bootFlags) {
        if (data.length < 5) return INVALID_LENGTH;
        writeFlags(data);
      } else {
        parameters.set(parameter, Buffer.from(data.subarray(0, 1)));
      }
      return COMPLETED;
    },

    read: parameter => parameters.get(parameter),

    chassisControlled() {
      if (bytes(BootParameter.bootFlags)[0]! & VALID) countDown();
    },

    powerButtonPressed() {
      if (!keeps(KEEP_ON_POWER_BUTTON)) clearValid();
    },

    consume() {
      cancelCountdown();
      const flags = decodeBootFlags(bytes(BootParameter.bootFlags));
      if (flags.valid && !flags.persistent) parameters.set(BootParameter.bootFlags, Buffer.alloc(5));
      return flags;
    },

    restart() {
      parameters.set(BootParameter.setInProgress, Buffer.alloc(1));
    },
  };
};
