import { PacketReader } from '../../wire/packet-reader.js';
import { NO_DATA, NetFn, type Command } from '../command.js';

export interface DeviceId {
  readonly deviceId: number;
  readonly deviceRevision: number;
  readonly providesDeviceSdrs: boolean;
  /** As `major.minor`, for example `2.49`. */
  readonly firmwareRevision: string;
  /** False while the firmware or the SDR repository is updated, or the BMC starts. */
  readonly available: boolean;
  /** `2.0`, `1.5` … */
  readonly ipmiVersion: string;
  readonly supports: readonly LogicalDevice[];
  /** IANA enterprise number, 0 unspecified. */
  readonly manufacturerId: number;
  readonly productId: number;
}

/** In the order of their bits, from bit 0 on. */
const LOGICAL_DEVICES = [
  'sensor',
  'sdr repository',
  'sel',
  'fru inventory',
  'ipmb event receiver',
  'ipmb event generator',
  'bridge',
  'chassis',
] as const;

export type LogicalDevice = (typeof LOGICAL_DEVICES)[number];

export const decodeDeviceId = (data: Buffer): DeviceId => {
  const reader = new PacketReader(data, 'Get Device ID');
  const deviceId = reader.byte();
  const revision = reader.byte();
  const major = reader.byte();
  const minor = reader.byte();
  const version = reader.byte();
  const supports = reader.byte();
  return {
    deviceId,
    deviceRevision: revision & 0x0f,
    providesDeviceSdrs: (revision & 0x80) !== 0,
    // The minor revision is BCD: its digits are read in hexadecimal.
    firmwareRevision: `${major & 0x7f}.${minor.toString(16).padStart(2, '0')}`,
    available: (major & 0x80) === 0,
    ipmiVersion: `${version & 0x0f}.${version >> 4}`,
    supports: LOGICAL_DEVICES.filter((_, bit) => (supports & (1 << bit)) !== 0),
    manufacturerId: reader.uint24() & 0x0fffff,
    productId: reader.uint16(),
  };
};

/** IPMI 2.0, section 20.1. */
export const getDeviceId: Command<DeviceId> = {
  name: 'Get Device ID',
  netFn: NetFn.app,
  code: 0x01,
  data: NO_DATA,
  repeatable: true,
  decode: decodeDeviceId,
};
