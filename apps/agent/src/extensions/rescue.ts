import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Extension } from '../api/command.js';
import type { Machine } from '../machine/machine.js';
import { invalidParameters } from '../problem.js';

// The ramdisk's login takes the password from here once the agent is gone; Ironic's ramdisks look in the same place.
const passwordFile = 'etc/ipa-rescue-config/ipa-rescue-password';

const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const digest = (...parts: Buffer[]): Buffer => createHash('sha512').update(Buffer.concat(parts)).digest();

const repeated = (block: Buffer, length: number): Buffer =>
  Buffer.concat(Array<Buffer>(Math.ceil(length / block.length)).fill(block)).subarray(0, length);

/** In which order crypt(3) takes the 64 bytes of its last digest, three at a time: 0 21 42, 22 43 1, 44 2 23 … */
const encode = (bytes: Buffer): string => {
  let text = '';
  let order: [number, number, number] = [0, 21, 42];
  for (let group = 0; group < 21; group++) {
    const [a, b, c] = order.map(index => bytes[index]!) as [number, number, number];
    for (let bits = (a << 16) | (b << 8) | c, digits = 0; digits < 4; digits++, bits >>>= 6)
      text += alphabet[bits & 63];
    order = [order[1] + 1, order[2] + 1, order[0] + 1];
  }
  const last = bytes[63]!;
  return text + alphabet[last & 63]! + alphabet[last >> 6]!;
};

/** crypt(3) with SHA-512 in its 5000 rounds ("Unix crypt using SHA-256 and SHA-512", U. Drepper), as login checks it. */
export const sha512Crypt = (password: string, salt: string): string => {
  const key = Buffer.from(password);
  const saltBytes = Buffer.from(salt);
  const b = digest(key, saltBytes, key);
  const bits: Buffer[] = [];
  for (let length = key.length; length > 0; length >>= 1) bits.push(length & 1 ? b : key);
  let a = digest(key, saltBytes, repeated(b, key.length), ...bits);
  const p = repeated(digest(...Array<Buffer>(key.length).fill(key)), key.length);
  const s = repeated(digest(...Array<Buffer>(16 + a[0]!).fill(saltBytes)), saltBytes.length);
  for (let round = 0; round < 5000; round++) {
    a = digest(round & 1 ? p : a, ...(round % 3 ? [s] : []), ...(round % 7 ? [p] : []), round & 1 ? a : p);
  }
  return `$6$${salt}$${encode(a)}`;
};

const newSalt = (): string => [...randomBytes(16)].map(byte => alphabet[byte & 63]).join('');

export interface RescueOptions {
  readonly machine: Machine;
  /** The machine belongs to its user now: the agent ends its API and heartbeats. */
  readonly leave: () => void;
}

export const rescueExtension = ({ machine, leave }: RescueOptions): Extension => ({
  finalize_rescue: {
    kind: 'sync',
    takes: { rescue_password: 'required', hashed: 'optional' },
    validate: ({ rescue_password: password }) => {
      if (typeof password !== 'string' || password === '') throw invalidParameters('rescue_password must be a text.');
    },
    run: async ({ rescue_password: password, hashed }) => {
      const path = join(machine.roots.root, passwordFile);
      await mkdir(dirname(path), { recursive: true });
      const text = hashed === true ? String(password) : sha512Crypt(String(password), newSalt());
      await writeFile(path, text, { mode: 0o600 });
      leave();
    },
  },
});
