import { PacketReader } from '../../wire/packet-reader.js';

/** Boot device selectors (IPMI 2.0, table 28-14, parameter 5, data 2); ipmitool's names where it has some. */
const SELECTORS = {
  none: 0x0,
  pxe: 0x1,
  disk: 0x2,
  /** Default disk, with the request for safe mode. */
  safe: 0x3,
  /** Diagnostic partition. */
  diag: 0x4,
  cdrom: 0x5,
  /** BIOS setup. */
  bios: 0x6,
  /** Redirected floppy, or primary removable media. */
  'remote floppy': 0x7,
  'remote cdrom': 0x8,
  /** Primary remote media. */
  'remote media': 0x9,
  'remote disk': 0xb,
  floppy: 0xf,
} as const;

export type BootDevice = keyof typeof SELECTORS;

export const BOOT_DEVICES = Object.keys(SELECTORS) as readonly BootDevice[];

export interface BootFlags {
  /** `reserved` is read where the BMC gives a number without a meaning. */
  readonly device: BootDevice | 'reserved';
  /** False: the machine pays no heed to the rest. The BMC clears it by itself, see {@link setBootDevice}. */
  readonly valid: boolean;
  /** For all boots to come rather than the next one. */
  readonly persistent: boolean;
  /** Boot by UEFI rather than by legacy BIOS. */
  readonly efi: boolean;
}

/** The five bytes of boot option parameter 5. */
export const encodeBootFlags = (flags: BootFlags & { readonly device: BootDevice }): Buffer =>
  Buffer.of(
    (flags.valid ? 0x80 : 0) | (flags.persistent ? 0x40 : 0) | (flags.efi ? 0x20 : 0),
    SELECTORS[flags.device] << 2,
    0,
    0,
    0,
  );

/** Two bytes are enough: some BMCs leave out the rest. @throws MalformedPacket */
export const decodeBootFlags = (data: Buffer): BootFlags => {
  const reader = new PacketReader(data, 'Boot flags');
  const flags = reader.byte();
  const selector = (reader.byte() >> 2) & 0x0f;
  return {
    device: BOOT_DEVICES.find(device => SELECTORS[device] === selector) ?? 'reserved',
    valid: (flags & 0x80) !== 0,
    persistent: (flags & 0x40) !== 0,
    efi: (flags & 0x20) !== 0,
  };
};
