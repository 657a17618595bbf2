import type { Algorithms } from './cipher-suites.js';
import { uint32 } from './little-endian.js';
import { MalformedPacket } from './malformed-packet.js';
import { PacketReader } from './packet-reader.js';

/*
 * The six payloads that open a session (IPMI 2.0, sections 13.17 to 13.23). A `status` other than 0 comes
 * without the fields that follow the session id.
 */

export interface OpenSessionRequest extends Algorithms {
  readonly tag: number;
  /** 0: the highest that goes with the algorithms. */
  readonly privilege: number;
  readonly consoleSessionId: number;
}

export interface Refusal {
  readonly tag: number;
  /** Not 0 (table 13-15). */
  readonly status: number;
  /** The receiver's session id; 0 where the sender does not know it. */
  readonly sessionId: number;
}

/** Tells a refusal from the answer itself. */
export const isRefusal = (message: { readonly status: number } | Refusal): message is Refusal => message.status !== 0;

export interface OpenSessionResponse extends Algorithms {
  readonly tag: number;
  readonly status: 0;
  readonly privilege: number;
  readonly consoleSessionId: number;
  readonly managedSessionId: number;
}

export interface Rakp1 {
  readonly tag: number;
  readonly managedSessionId: number;
  /** 16 bytes. */
  readonly consoleRandom: Buffer;
  /** Bits 3:0 the privilege level, bit 4 "look the user up by name only". */
  readonly role: number;
  /** 0 to 16 bytes. */
  readonly username: Buffer;
}

export interface Rakp2 {
  readonly tag: number;
  readonly status: 0;
  readonly consoleSessionId: number;
  readonly managedRandom: Buffer;
  readonly managedGuid: Buffer;
  readonly authCode: Buffer;
}

export interface Rakp3 {
  readonly tag: number;
  readonly status: 0;
  readonly managedSessionId: number;
  readonly authCode: Buffer;
}

export interface Rakp4 {
  readonly tag: number;
  readonly status: 0;
  readonly consoleSessionId: number;
  readonly integrityCheck: Buffer;
}

const ALGORITHM_PAYLOAD_BYTES = 8;

/** The three algorithm payloads (table 13-9, bytes 9 to 32). */
const encodeAlgorithms = ({ authentication, integrity, confidentiality }: Algorithms): Buffer =>
  Buffer.concat(
    [authentication, integrity, confidentiality].map((algorithm, type) =>
      Buffer.of(type, 0, 0, ALGORITHM_PAYLOAD_BYTES, algorithm, 0, 0, 0),
    ),
  );

const decodeAlgorithms = (reader: PacketReader): Algorithms => {
  const algorithm = (type: number): number => {
    reader.expect(type, 'payload type');
    reader.skip(2);
    reader.expect(ALGORITHM_PAYLOAD_BYTES, 'payload length');
    const number = reader.byte() & 0x3f;
    reader.skip(3);
    return number;
  };
  return { authentication: algorithm(0), integrity: algorithm(1), confidentiality: algorithm(2) };
};

export const encodeOpenSessionRequest = (request: OpenSessionRequest): Buffer =>
  Buffer.concat([
    Buffer.of(request.tag, request.privilege, 0, 0),
    uint32(request.consoleSessionId),
    encodeAlgorithms(request),
  ]);

/** @throws MalformedPacket */
export const decodeOpenSessionRequest = (payload: Buffer): OpenSessionRequest => {
  const reader = new PacketReader(payload, 'Open Session Request');
  const tag = reader.byte();
  const privilege = reader.byte() & 0x0f;
  reader.skip(2);
  return { tag, privilege, consoleSessionId: reader.uint32(), ...decodeAlgorithms(reader) };
};

export const encodeRefusal = ({ tag, status, sessionId }: Refusal): Buffer =>
  Buffer.concat([Buffer.of(tag, status, 0, 0), uint32(sessionId)]);

export const encodeOpenSessionResponse = (response: OpenSessionResponse): Buffer =>
  Buffer.concat([
    Buffer.of(response.tag, response.status, response.privilege, 0),
    uint32(response.consoleSessionId),
    uint32(response.managedSessionId),
    encodeAlgorithms(response),
  ]);

/** @throws MalformedPacket */
export const decodeOpenSessionResponse = (payload: Buffer): OpenSessionResponse | Refusal => {
  const reader = new PacketReader(payload, 'Open Session Response');
  const tag = reader.byte();
  const status = reader.byte();
  // Some BMCs cut a refusal short: the status is all that is needed of it.
  if (status !== 0) return { tag, status, sessionId: sessionIdOfRefusal(payload) };
  const privilege = reader.byte() & 0x0f;
  reader.skip(1);
  const consoleSessionId = reader.uint32();
  const managedSessionId = reader.uint32();
  return { tag, status, privilege, consoleSessionId, managedSessionId, ...decodeAlgorithms(reader) };
};

export const encodeRakp1 = (message: Rakp1): Buffer =>
  Buffer.concat([
    Buffer.of(message.tag, 0, 0, 0),
    uint32(message.managedSessionId),
    message.consoleRandom,
    Buffer.of(message.role, 0, 0, message.username.length),
    message.username,
  ]);

/** @throws MalformedPacket */
export const decodeRakp1 = (payload: Buffer): Rakp1 => {
  const reader = new PacketReader(payload, 'RAKP message 1');
  const tag = reader.byte();
  reader.skip(3);
  const managedSessionId = reader.uint32();
  const consoleRandom = reader.bytes(16);
  const role = reader.byte();
  reader.skip(2);
  const length = reader.byte();
  if (length > 16) throw new MalformedPacket(`RAKP message 1: a user name of ${length} bytes`);
  return { tag, managedSessionId, consoleRandom, role, username: reader.bytes(length) };
};

export const encodeRakp2 = (message: Rakp2): Buffer =>
  Buffer.concat([
    encodeRefusal({ ...message, sessionId: message.consoleSessionId }),
    message.managedRandom,
    message.managedGuid,
    message.authCode,
  ]);

/** @throws MalformedPacket */
export const decodeRakp2 = (payload: Buffer): Rakp2 | Refusal => {
  const head = decodeHead(payload, 'RAKP message 2');
  const { tag, status, sessionId, reader } = head;
  if (status !== 0) return { tag, status, sessionId };
  const managedRandom = reader.bytes(16);
  const managedGuid = reader.bytes(16);
  return { tag, status, consoleSessionId: sessionId, managedRandom, managedGuid, authCode: reader.rest() };
};

export const encodeRakp3 = (message: Rakp3): Buffer =>
  Buffer.concat([encodeRefusal({ ...message, sessionId: message.managedSessionId }), message.authCode]);

/** @throws MalformedPacket */
export const decodeRakp3 = (payload: Buffer): Rakp3 | Refusal => {
  const { tag, status, sessionId, reader } = decodeHead(payload, 'RAKP message 3');
  if (status !== 0) return { tag, status, sessionId };
  return { tag, status, managedSessionId: sessionId, authCode: reader.rest() };
};

export const encodeRakp4 = (message: Rakp4): Buffer =>
  Buffer.concat([encodeRefusal({ ...message, sessionId: message.consoleSessionId }), message.integrityCheck]);

/** @throws MalformedPacket */
export const decodeRakp4 = (payload: Buffer): Rakp4 | Refusal => {
  const { tag, status, sessionId, reader } = decodeHead(payload, 'RAKP message 4');
  if (status !== 0) return { tag, status, sessionId };
  return { tag, status, consoleSessionId: sessionId, integrityCheck: reader.rest() };
};

const decodeHead = (payload: Buffer, what: string) => {
  const reader = new PacketReader(payload, what);
  const tag = reader.byte();
  const status = reader.byte();
  if (status !== 0) return { tag, status, sessionId: sessionIdOfRefusal(payload), reader };
  reader.skip(2);
  return { tag, status, sessionId: reader.uint32(), reader } as const;
};

const sessionIdOfRefusal = (payload: Buffer): number => (payload.length >= 8 ? payload.readUInt32LE(4) : 0);
