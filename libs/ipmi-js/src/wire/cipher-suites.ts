import { MalformedPacket } from './malformed-packet.js';
import { PacketReader } from './packet-reader.js';

/** Cipher suites this library speaks; both authenticate, sign and encrypt. 17 is the stronger. */
export type CipherSuiteId = 3 | 17;

export interface CipherSuite {
  readonly id: CipherSuiteId;
  /** Algorithm numbers (IPMI 2.0, section 13.28, tables 13-17 to 13-19). */
  readonly authentication: number;
  readonly integrity: number;
  readonly confidentiality: number;
  /** The hash of all HMACs of the suite. */
  readonly hash: 'sha1' | 'sha256';
  /** Bytes of a key exchange authentication code (RAKP messages 2 and 3). */
  readonly authCodeBytes: number;
  /** Bytes that remain of an HMAC in RAKP message 4 and in packet signatures. */
  readonly integrityBytes: number;
}

const SUITES: Readonly<Record<CipherSuiteId, CipherSuite>> = {
  /** RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128 (IPMI 2.0, section 22.15.2, table 22-20). */
  3: {
    id: 3,
    authentication: 0x01,
    integrity: 0x01,
    confidentiality: 0x01,
    hash: 'sha1',
    authCodeBytes: 20,
    integrityBytes: 12,
  },
  /** RAKP-HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128. */
  17: {
    id: 17,
    authentication: 0x03,
    integrity: 0x04,
    confidentiality: 0x01,
    hash: 'sha256',
    authCodeBytes: 32,
    integrityBytes: 16,
  },
};

export const cipherSuite = (id: CipherSuiteId): CipherSuite => SUITES[id];

export const isSupportedCipherSuite = (id: number): id is CipherSuiteId => id === 3 || id === 17;

/** The suites of this library in the order in which they are tried. */
export const PREFERRED_CIPHER_SUITES: readonly CipherSuiteId[] = [17, 3];

/** The suite made of these algorithms. */
export const cipherSuiteOf = (algorithms: Algorithms): CipherSuite | undefined =>
  Object.values(SUITES).find(
    suite =>
      suite.authentication === algorithms.authentication &&
      suite.integrity === algorithms.integrity &&
      suite.confidentiality === algorithms.confidentiality,
  );

export interface Algorithms {
  readonly authentication: number;
  readonly integrity: number;
  readonly confidentiality: number;
}

const STANDARD_RECORD = 0xc0;
const OEM_RECORD = 0xc1;
const TAG = 0xc0;
const INTEGRITY_TAG = 0x40;
const CONFIDENTIALITY_TAG = 0x80;

/** Records of standard cipher suites (IPMI 2.0, section 22.15.1, table 22-19). */
export const encodeCipherSuiteRecords = (ids: readonly CipherSuiteId[]): Buffer =>
  Buffer.concat(
    ids.map(id => {
      const { authentication, integrity, confidentiality } = SUITES[id];
      return Buffer.of(
        STANDARD_RECORD,
        id,
        authentication,
        INTEGRITY_TAG | integrity,
        CONFIDENTIALITY_TAG | confidentiality,
      );
    }),
  );

/** Ids of the standard cipher suites in the records; OEM suites are passed over. @throws MalformedPacket */
export const decodeCipherSuiteRecords = (records: Buffer): number[] => {
  const reader = new PacketReader(records, 'Cipher suite records');
  const ids: number[] = [];
  while (reader.remaining > 0) {
    const byte = reader.byte();
    if (byte === STANDARD_RECORD) ids.push(reader.byte());
    else if (byte === OEM_RECORD) reader.skip(4);
    else if ((byte & TAG) === TAG) throw new MalformedPacket(`Cipher suite records: start of record ${byte}`);
  }
  return ids;
};
