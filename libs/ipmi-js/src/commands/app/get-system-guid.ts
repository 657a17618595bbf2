import { PacketReader } from '../../wire/packet-reader.js';
import { NO_DATA, NetFn, type Command } from '../command.js';

/** The same 16 bytes, written in both ways: which one the BMC meant cannot be told from them. */
export interface SystemGuid {
  /** 16 bytes as they were sent. */
  readonly bytes: Buffer;
  /** Read as SMBIOS has it, the order recommended since errata E7: what `dmidecode` shows, in lower case. */
  readonly smbios: string;
  /** Read as IPMI 1.5 and 2.0 had it before: all bytes in reverse (table 20-10). */
  readonly ipmi: string;
}

const uuid = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

export const decodeSystemGuid = (data: Buffer): SystemGuid => {
  const bytes = Buffer.from(new PacketReader(data, 'Get System GUID').bytes(16));
  const reversed = (from: number, to: number): Buffer => Buffer.from(bytes.subarray(from, to)).reverse();
  return {
    bytes,
    smbios: uuid(Buffer.concat([reversed(0, 4), reversed(4, 6), reversed(6, 8), bytes.subarray(8)])),
    ipmi: uuid(reversed(0, 16)),
  };
};

/** IPMI 2.0, section 22.14. */
export const getSystemGuid: Command<SystemGuid> = {
  name: 'Get System GUID',
  netFn: NetFn.app,
  code: 0x37,
  data: NO_DATA,
  repeatable: true,
  decode: decodeSystemGuid,
};
