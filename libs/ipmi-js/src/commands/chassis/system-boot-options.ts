import { MalformedPacket } from '../../wire/malformed-packet.js';
import { PacketReader } from '../../wire/packet-reader.js';
import { NetFn, type Command } from '../command.js';

/** Boot option parameters (IPMI 2.0, section 28.13, table 28-14). */
export const BootParameter = {
  setInProgress: 0,
  /** When the BMC clears the "valid" bit of the boot flags by itself. */
  validBitClearing: 3,
  infoAcknowledge: 4,
  bootFlags: 5,
} as const;

/** Values of parameter 0. */
export const SetInProgress = { complete: 0x00, inProgress: 0x01, commit: 0x02 } as const;

/** Parameter 3: the valid bit outlives the 60 seconds without a chassis control command. */
export const KEEP_VALID_AFTER_60_SECONDS = 0x08;

/** Parameter 4: the mask, then the data, of "BIOS/POST is still to handle the boot info". */
export const BIOS_TO_HANDLE_BOOT_INFO: Buffer = Buffer.of(0x01, 0x01);

export const PARAMETER_NOT_SUPPORTED = 0x80;
export const SET_NOT_COMPLETE = 0x81;
export const PARAMETER_READ_ONLY = 0x82;

const COMPLETION_TEXTS = {
  [PARAMETER_NOT_SUPPORTED]: 'Parameter not supported',
  [SET_NOT_COMPLETE]: 'Another party is setting the parameters',
  [PARAMETER_READ_ONLY]: 'Attempt to write a read-only parameter',
};

/** Writes one parameter and marks it valid (IPMI 2.0, section 28.12). Twice the same value is once. */
export const setSystemBootOptions = (parameter: number, data: Buffer): Command<void> => ({
  name: `Set System Boot Options (parameter ${parameter})`,
  netFn: NetFn.chassis,
  code: 0x08,
  data: Buffer.concat([Buffer.of(parameter), data]),
  repeatable: true,
  completionTexts: COMPLETION_TEXTS,
  decode: () => undefined,
});

export interface BootOption {
  /** Marked invalid or locked as a whole: its value means nothing. */
  readonly invalid: boolean;
  readonly data: Buffer;
}

/** Reads one parameter (IPMI 2.0, section 28.13). */
export const getSystemBootOptions = (parameter: number): Command<BootOption> => ({
  name: `Get System Boot Options (parameter ${parameter})`,
  netFn: NetFn.chassis,
  code: 0x09,
  data: Buffer.of(parameter, 0x00, 0x00),
  repeatable: true,
  completionTexts: COMPLETION_TEXTS,
  decode(data) {
    const reader = new PacketReader(data, 'Get System Boot Options');
    reader.skip(1);
    const selector = reader.byte();
    if ((selector & 0x7f) !== parameter)
      throw new MalformedPacket(`Get System Boot Options: parameter ${selector & 0x7f} instead of ${parameter}`);
    return { invalid: (selector & 0x80) !== 0, data: reader.rest() };
  },
});
