import { uint16, uint32 } from './little-endian.js';
import { MalformedPacket } from './malformed-packet.js';
import { PacketReader } from './packet-reader.js';
import { decodeRmcp, encodeRmcp } from './rmcp.js';

/** What a packet carries (IPMI 2.0, section 13.27.3, table 13-16). */
export const PayloadType = {
  ipmi: 0x00,
  openSessionRequest: 0x10,
  openSessionResponse: 0x11,
  rakp1: 0x12,
  rakp2: 0x13,
  rakp3: 0x14,
  rakp4: 0x15,
} as const;

const AUTHENTICATION_NONE = 0x00;
const FORMAT_RMCP_PLUS = 0x06;
const ENCRYPTED = 0x80;
const AUTHENTICATED = 0x40;

/** Up to and including the payload length; the signature covers it all (section 13.28.4). */
export const RMCP_PLUS_HEADER_BYTES = 12;

/** A packet with the session header of RMCP+ (IPMI 2.0, section 13.6, table 13-8). */
export interface RmcpPlusPacket {
  readonly payloadType: number;
  readonly encrypted: boolean;
  readonly authenticated: boolean;
  /** 0 outside of a session, together with `sequence`. */
  readonly sessionId: number;
  readonly sequence: number;
  /** As it is on the wire: cipher text when encrypted. */
  readonly payload: Buffer;
}

export type SessionPacket =
  | ({
      readonly format: 'rmcp+';
      /** From the format byte to the last byte of the datagram: what signatures are about. */
      readonly message: Buffer;
    } & RmcpPlusPacket)
  | { readonly format: 'ipmi 1.5'; readonly payload: Buffer };

/** Session header and payload, without the trailer that a signed packet has. */
export const encodeRmcpPlusMessage = (packet: RmcpPlusPacket): Buffer =>
  Buffer.concat([
    Buffer.of(
      FORMAT_RMCP_PLUS,
      packet.payloadType | (packet.encrypted ? ENCRYPTED : 0) | (packet.authenticated ? AUTHENTICATED : 0),
    ),
    uint32(packet.sessionId),
    uint32(packet.sequence),
    uint16(packet.payload.length),
    packet.payload,
  ]);

/** An RMCP+ datagram outside of any session: session set-up, and commands that need no session. */
export const encodeOutOfSession = (payloadType: number, payload: Buffer): Buffer =>
  encodeRmcp(
    'ipmi',
    encodeRmcpPlusMessage({
      payloadType,
      encrypted: false,
      authenticated: false,
      sessionId: 0,
      sequence: 0,
      payload,
    }),
  );

/** The same in the format of IPMI 1.5, which every BMC takes for discovery (section 13.4.1). */
export const encodeIpmi15OutOfSession = (payload: Buffer): Buffer =>
  encodeRmcp(
    'ipmi',
    Buffer.concat([Buffer.of(AUTHENTICATION_NONE), uint32(0), uint32(0), Buffer.of(payload.length), payload]),
  );

/** Reads the headers. Whether a signature is right is for {@link protect} to say. @throws MalformedPacket */
export const decodeSessionPacket = (datagram: Buffer): SessionPacket => {
  const { rmcpClass, message } = decodeRmcp(datagram);
  if (rmcpClass !== 'ipmi') throw new MalformedPacket('Session header: not an IPMI message');
  const reader = new PacketReader(message, 'Session header');
  const format = reader.byte();
  if (format === AUTHENTICATION_NONE) {
    reader.skip(8);
    return { format: 'ipmi 1.5', payload: reader.bytes(reader.byte()) };
  }
  if (format !== FORMAT_RMCP_PLUS) throw new MalformedPacket(`Session header: authentication type ${format}`);
  const type = reader.byte();
  const sessionId = reader.uint32();
  const sequence = reader.uint32();
  return {
    format: 'rmcp+',
    message,
    payloadType: type & 0x3f,
    encrypted: (type & ENCRYPTED) !== 0,
    authenticated: (type & AUTHENTICATED) !== 0,
    sessionId,
    sequence,
    payload: reader.bytes(reader.uint16()),
  };
};
