import { PacketReader } from '../../wire/packet-reader.js';
import { NetFn, type Command } from '../command.js';

const THIS_CHANNEL = 0x0e;
const PAYLOAD_IPMI = 0x00;
const LIST_BY_SUITE = 0x80;

/** The list comes in pieces of so many bytes; a shorter one is the last. */
export const CIPHER_SUITE_PIECE_BYTES = 16;
/** List indexes are 6 bits wide. */
export const CIPHER_SUITE_PIECES = 0x40;

/** One piece of the list of cipher suite records, `index` from 0 on (IPMI 2.0, section 22.15); needs no session. */
export const getChannelCipherSuites = (index: number): Command<Buffer> => ({
  name: 'Get Channel Cipher Suites',
  netFn: NetFn.app,
  code: 0x54,
  data: Buffer.of(THIS_CHANNEL, PAYLOAD_IPMI, LIST_BY_SUITE | index),
  repeatable: true,
  decode(data) {
    const reader = new PacketReader(data, 'Get Channel Cipher Suites');
    reader.skip(1);
    return reader.rest();
  },
});
