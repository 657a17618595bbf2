import { MalformedPacket } from './malformed-packet.js';
import { PacketReader } from './packet-reader.js';
import { decodeRmcp, encodeRmcp } from './rmcp.js';

/** Enterprise number of the Alert Standard Forum; ASF sends the most significant byte first. */
const ASF_IANA = Buffer.of(0x00, 0x00, 0x11, 0xbe);
const PING = 0x80;
const PONG = 0x40;

export interface PresencePong {
  readonly tag: number;
  readonly supportsIpmi: boolean;
  readonly supportsSecurityExtensions: boolean;
}

/** Asks who is there; needs no session and no credentials (IPMI 2.0, section 13.2.3). `tag`: 0 to 254. */
export const encodePresencePing = (tag: number): Buffer =>
  encodeRmcp('asf', Buffer.concat([ASF_IANA, Buffer.of(PING, tag, 0x00, 0x00)]));

/** The answer (IPMI 2.0, section 13.2.4, table 13-7). */
export const encodePresencePong = (pong: PresencePong): Buffer => {
  const entities = (pong.supportsIpmi ? 0x80 : 0x00) | 0x01;
  const interactions = pong.supportsSecurityExtensions ? 0x80 : 0x00;
  const data = Buffer.concat([ASF_IANA, Buffer.alloc(4), Buffer.of(entities, interactions), Buffer.alloc(6)]);
  return encodeRmcp('asf', Buffer.concat([ASF_IANA, Buffer.of(PONG, pong.tag, 0x00, data.length), data]));
};

/** @throws MalformedPacket also when it is another ASF message */
export const decodePresencePing = (datagram: Buffer): { readonly tag: number } => {
  const { tag } = decodeAsf(datagram, PING, 'Presence ping');
  return { tag };
};

/** @throws MalformedPacket also when it is another ASF message */
export const decodePresencePong = (datagram: Buffer): PresencePong => {
  const { tag, data } = decodeAsf(datagram, PONG, 'Presence pong');
  data.skip(8);
  const entities = data.byte();
  const interactions = data.byte();
  return {
    tag,
    supportsIpmi: (entities & 0x80) !== 0,
    supportsSecurityExtensions: (interactions & 0x80) !== 0,
  };
};

const decodeAsf = (datagram: Buffer, type: number, what: string): { tag: number; data: PacketReader } => {
  const { rmcpClass, message } = decodeRmcp(datagram);
  if (rmcpClass !== 'asf') throw new MalformedPacket(`${what}: not an ASF message`);
  const reader = new PacketReader(message, what);
  if (!reader.bytes(4).equals(ASF_IANA)) throw new MalformedPacket(`${what}: of another enterprise`);
  reader.expect(type, 'type');
  const tag = reader.byte();
  reader.skip(1);
  const length = reader.byte();
  return { tag, data: new PacketReader(reader.bytes(length), what) };
};
