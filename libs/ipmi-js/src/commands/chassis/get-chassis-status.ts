import { PacketReader } from '../../wire/packet-reader.js';
import { NO_DATA, NetFn, type Command } from '../command.js';

export type Power = 'on' | 'off';

const RESTORE_POLICIES = ['stay off', 'previous', 'always on', 'unknown'] as const;
const IDENTIFY_STATES = ['off', 'temporary', 'indefinite', 'reserved'] as const;

export interface ChassisStatus {
  readonly power: Power;
  /** What happens when mains power comes back. */
  readonly restorePolicy: (typeof RESTORE_POLICIES)[number];
  /** The BMC tried to switch power and the machine did not follow. */
  readonly powerControlFault: boolean;
  readonly powerFault: boolean;
  readonly interlock: boolean;
  readonly powerOverload: boolean;
  /** Causes of the last power event; more than one may be given, or none. */
  readonly lastPowerEvent: {
    readonly acFailed: boolean;
    readonly overload: boolean;
    readonly interlock: boolean;
    readonly fault: boolean;
    /** Power was last switched on by an IPMI command. */
    readonly onByCommand: boolean;
  };
  readonly intrusion: boolean;
  readonly frontPanelLockout: boolean;
  readonly driveFault: boolean;
  readonly coolingFault: boolean;
  /** State of the identify light, where the BMC tells it. */
  readonly identify?: (typeof IDENTIFY_STATES)[number];
}

export const decodeChassisStatus = (data: Buffer): ChassisStatus => {
  const reader = new PacketReader(data, 'Get Chassis Status');
  const state = reader.byte();
  const event = reader.byte();
  const misc = reader.byte();
  return {
    power: state & 0x01 ? 'on' : 'off',
    restorePolicy: RESTORE_POLICIES[(state >> 5) & 0x03]!,
    powerControlFault: (state & 0x10) !== 0,
    powerFault: (state & 0x08) !== 0,
    interlock: (state & 0x04) !== 0,
    powerOverload: (state & 0x02) !== 0,
    lastPowerEvent: {
      acFailed: (event & 0x01) !== 0,
      overload: (event & 0x02) !== 0,
      interlock: (event & 0x04) !== 0,
      fault: (event & 0x08) !== 0,
      onByCommand: (event & 0x10) !== 0,
    },
    intrusion: (misc & 0x01) !== 0,
    frontPanelLockout: (misc & 0x02) !== 0,
    driveFault: (misc & 0x04) !== 0,
    coolingFault: (misc & 0x08) !== 0,
    ...(misc & 0x40 ? { identify: IDENTIFY_STATES[(misc >> 4) & 0x03]! } : {}),
  };
};

/** IPMI 2.0, section 28.2. */
export const getChassisStatus: Command<ChassisStatus> = {
  name: 'Get Chassis Status',
  netFn: NetFn.chassis,
  code: 0x01,
  data: NO_DATA,
  repeatable: true,
  decode: decodeChassisStatus,
};
