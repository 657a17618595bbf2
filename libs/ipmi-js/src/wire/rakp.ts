import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CipherSuite } from './cipher-suites.js';
import { uint32 } from './little-endian.js';

/*
 * The authenticated key exchange of RMCP+ (IPMI 2.0, section 13.31), in the specification's names:
 * SID_M and R_M are the console's session id and random number, SID_C and R_C the BMC's.
 */

/** What both sides know after RAKP messages 1 and 2. */
export interface KeyExchange {
  /** SID_M. */
  readonly consoleSessionId: number;
  /** SID_C. */
  readonly managedSessionId: number;
  /** R_M, 16 bytes. */
  readonly consoleRandom: Buffer;
  /** R_C, 16 bytes. */
  readonly managedRandom: Buffer;
  /** GUID_C, 16 bytes. */
  readonly managedGuid: Buffer;
  /** Role_M: the whole byte of RAKP message 1, the name-only bit included. */
  readonly role: number;
  /** UName_M, 0 to 16 bytes. */
  readonly username: Buffer;
}

/** K1 signs packets, K2 encrypts them (section 13.32). */
export interface SessionKeys {
  readonly integrityKey: Buffer;
  /** The first 128 bits of K2 (section 13.29.2). */
  readonly cipherKey: Buffer;
}

const hmac = (suite: CipherSuite, key: Buffer, ...parts: Buffer[]): Buffer => {
  const mac = createHmac(suite.hash, key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

/** Role_M, ULength_M, UName_M. */
const identity = ({ role, username }: KeyExchange): Buffer =>
  Buffer.concat([Buffer.of(role, username.length), username]);

/** Key exchange authentication code of RAKP message 2: proves to the console that the BMC knows the user's key. */
export const rakp2AuthCode = (suite: CipherSuite, exchange: KeyExchange, userKey: Buffer): Buffer =>
  hmac(
    suite,
    userKey,
    uint32(exchange.consoleSessionId),
    uint32(exchange.managedSessionId),
    exchange.consoleRandom,
    exchange.managedRandom,
    exchange.managedGuid,
    identity(exchange),
  );

/** Key exchange authentication code of RAKP message 3: the same proof the other way round. */
export const rakp3AuthCode = (suite: CipherSuite, exchange: KeyExchange, userKey: Buffer): Buffer =>
  hmac(suite, userKey, exchange.managedRandom, uint32(exchange.consoleSessionId), identity(exchange));

/** SIK; `generationKey` is K_g, or the user's key where the BMC has no K_g ("one-key" login). */
export const sessionIntegrityKey = (suite: CipherSuite, exchange: KeyExchange, generationKey: Buffer): Buffer =>
  hmac(suite, generationKey, exchange.consoleRandom, exchange.managedRandom, identity(exchange));

/** Integrity check value of RAKP message 4: proves that the BMC made the same SIK. */
export const rakp4IntegrityCheck = (suite: CipherSuite, exchange: KeyExchange, sik: Buffer): Buffer =>
  hmac(suite, sik, exchange.consoleRandom, uint32(exchange.managedSessionId), exchange.managedGuid).subarray(
    0,
    suite.integrityBytes,
  );

/** The constants are 20 bytes long with every hash (section 13.32, and every implementation of suite 17). */
export const sessionKeys = (suite: CipherSuite, sik: Buffer): SessionKeys => ({
  integrityKey: hmac(suite, sik, Buffer.alloc(20, 0x01)),
  cipherKey: hmac(suite, sik, Buffer.alloc(20, 0x02)).subarray(0, 16),
});

/** Compares secrets in a time that does not depend on where they differ. */
export const sameCode = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
