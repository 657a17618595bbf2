import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { CipherSuite } from './cipher-suites.js';
import { MalformedPacket } from './malformed-packet.js';
import { sameCode, type SessionKeys } from './rakp.js';
import { encodeRmcp } from './rmcp.js';
import { encodeRmcpPlusMessage, RMCP_PLUS_HEADER_BYTES, type SessionPacket } from './session-packet.js';

/** What travels in a session: everything is signed and encrypted, in both directions. */
export interface SessionPayload {
  readonly payloadType: number;
  /** The receiver's session id. */
  readonly sessionId: number;
  /** Session sequence number, from 1 on. */
  readonly sequence: number;
  /** Clear text. */
  readonly payload: Buffer;
}

export interface Protection {
  /** A datagram, encrypted and signed. */
  seal(payload: SessionPayload): Buffer;
  /** Checks the signature and decrypts. @throws MalformedPacket also when it is not signed, or not by this key */
  open(packet: SessionPacket): SessionPayload;
}

const BLOCK_BYTES = 16;
const NEXT_HEADER = 0x07;
/** Pad length and next header: what stands between the integrity pad and the signature. */
const TRAILER_BYTES = 2;

/** The keys stay inside the two functions: no inspection of a session shows them. */
export const protect = (suite: CipherSuite, { integrityKey, cipherKey }: SessionKeys): Protection => {
  const signatureOf = (signed: Buffer): Buffer =>
    createHmac(suite.hash, integrityKey).update(signed).digest().subarray(0, suite.integrityBytes);

  return {
    seal({ payloadType, sessionId, sequence, payload }) {
      const message = encodeRmcpPlusMessage({
        payloadType,
        encrypted: true,
        authenticated: true,
        sessionId,
        sequence,
        payload: encrypt(cipherKey, payload),
      });
      const signed = Buffer.concat([message, integrityTrailer(message.length)]);
      return encodeRmcp('ipmi', Buffer.concat([signed, signatureOf(signed)]));
    },

    open(packet) {
      if (packet.format !== 'rmcp+' || !packet.encrypted || !packet.authenticated)
        throw new MalformedPacket('Session packet: it is not signed and encrypted');
      const { message, payloadType, sessionId, sequence } = packet;
      const signedBytes = message.length - suite.integrityBytes;
      if (signedBytes < RMCP_PLUS_HEADER_BYTES + packet.payload.length + TRAILER_BYTES)
        throw new MalformedPacket('Session packet: the signature is missing');
      if (!sameCode(message.subarray(signedBytes), signatureOf(message.subarray(0, signedBytes))))
        throw new MalformedPacket('Session packet: the signature is wrong');
      return { payloadType, sessionId, sequence, payload: decrypt(cipherKey, packet.payload) };
    },
  };
};

/** Pads what is signed to a multiple of 4 bytes (IPMI 2.0, section 13.6, table 13-8). */
const integrityTrailer = (messageBytes: number): Buffer => {
  const pad = (4 - ((messageBytes + TRAILER_BYTES) % 4)) % 4;
  return Buffer.concat([Buffer.alloc(pad, 0xff), Buffer.of(pad, NEXT_HEADER)]);
};

/** AES-CBC-128 with the padding of IPMI: 1, 2, 3 … and its length (IPMI 2.0, section 13.29, table 13-20). */
export const encrypt = (key: Buffer, data: Buffer, initializationVector = randomBytes(BLOCK_BYTES)): Buffer => {
  const padBytes = (BLOCK_BYTES - ((data.length + 1) % BLOCK_BYTES)) % BLOCK_BYTES;
  const pad = Buffer.from([...Array.from({ length: padBytes }, (_, index) => index + 1), padBytes]);
  const cipher = createCipheriv('aes-128-cbc', key, initializationVector).setAutoPadding(false);
  return Buffer.concat([initializationVector, cipher.update(data), cipher.update(pad), cipher.final()]);
};

/**
 * The bytes of the pad are not checked, only its length: the signature vouches for them, and some BMCs fill them
 * otherwise.
 *
 * @throws MalformedPacket
 */
export const decrypt = (key: Buffer, payload: Buffer): Buffer => {
  if (payload.length < 2 * BLOCK_BYTES || payload.length % BLOCK_BYTES !== 0)
    throw new MalformedPacket(`Encrypted payload: ${payload.length} bytes are no whole blocks`);
  const decipher = createDecipheriv('aes-128-cbc', key, payload.subarray(0, BLOCK_BYTES)).setAutoPadding(false);
  const clear = Buffer.concat([decipher.update(payload.subarray(BLOCK_BYTES)), decipher.final()]);
  const padBytes = clear[clear.length - 1]!;
  if (padBytes >= clear.length) throw new MalformedPacket(`Encrypted payload: a pad of ${padBytes} bytes`);
  return clear.subarray(0, clear.length - 1 - padBytes);
};
