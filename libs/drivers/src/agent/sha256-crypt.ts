import { createHash, randomBytes } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ROUNDS = 5_000;

const sha256 = (...parts: Buffer[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** So many bytes of a digest, over and over. */
const repeated = (digest: Buffer, length: number): Buffer =>
  Buffer.concat(Array.from({ length: Math.ceil(length / 32) }, () => digest)).subarray(0, length);

const times = (buffer: Buffer, count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => buffer));

export const aSalt = (): string => [...randomBytes(16)].map(byte => ALPHABET[byte % 64]).join('');

/**
 * A password as `/etc/shadow` holds it, with SHA-256 (Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", version
 * 0.6): 5000 rounds, a salt of at most 16 characters.
 */
export const sha256Crypt = (password: string, salt: string = aSalt()): string => {
  const key = Buffer.from(password, 'utf8');
  const grain = Buffer.from(salt.slice(0, 16), 'utf8');
  const b = sha256(key, grain, key);
  const parts = [key, grain, repeated(b, key.length)];
  for (let length = key.length; length > 0; length >>= 1) parts.push(length & 1 ? b : key);
  let digest = sha256(...parts);
  const p = repeated(sha256(times(key, key.length)), key.length);
  const s = repeated(sha256(times(grain, 16 + digest[0]!)), grain.length);
  for (let round = 0; round < ROUNDS; round++) {
    const isOdd = round % 2 === 1;
    digest = sha256(
      isOdd ? p : digest,
      round % 3 ? s : Buffer.alloc(0),
      round % 7 ? p : Buffer.alloc(0),
      isOdd ? digest : p,
    );
  }
  return `$5$${grain.toString('utf8')}$${encoded(digest)}`;
};

const encoded = (digest: Buffer): string => {
  const letters = (bits: number, count: number) =>
    Array.from({ length: count }, (_, index) => ALPHABET[(bits >> (6 * index)) & 0x3f]).join('');
  let text = '';
  for (const [a, b, c] of places) text += letters((digest[a]! << 16) | (digest[b]! << 8) | digest[c]!, 4);
  return text + letters((digest[31]! << 8) | digest[30]!, 3);
};

/** The order in which the bytes of the digest are written. */
// prettier-ignore
const places = [
  [0, 10, 20], [21, 1, 11], [12, 22, 2], [3, 13, 23], [24, 4, 14],
  [15, 25, 5], [6, 16, 26], [27, 7, 17], [18, 28, 8], [9, 19, 29],
] as const;
