import { invalidImage } from '../problem.js';

export type ImageFormat = 'raw' | 'qcow2' | 'gzip' | 'zstd';

const others: readonly (readonly [string, Buffer, number])[] = [
  ['vmdk', Buffer.from('KDMV'), 0],
  ['vhdx', Buffer.from('vhdxfile'), 0],
  ['vpc', Buffer.from('conectix'), 0],
  ['luks', Buffer.from('LUKS\xba\xbe', 'latin1'), 0],
  ['vdi', Buffer.from([0x7f, 0x10, 0xda, 0xbe]), 64],
];

const startsWith = (head: Buffer, magic: Buffer, at = 0): boolean => head.subarray(at, at + magic.length).equals(magic);

/** The name of a format that is written as it is, or can be turned into that; by what stands at its start. */
export const detectFormat = (head: Buffer, url: string): ImageFormat | string => {
  if (startsWith(head, Buffer.from('QFI\xfb', 'latin1'))) return 'qcow2';
  const path = new URL(url).pathname;
  // A disk may begin with any boot code: it is taken for packed only where its name says so, too.
  if (/\.gz$/.test(path) && startsWith(head, Buffer.from([0x1f, 0x8b]))) return 'gzip';
  if (/\.zst(d)?$/.test(path) && startsWith(head, Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))) return 'zstd';
  return others.find(([, magic, at]) => startsWith(head, magic, at))?.[0] ?? 'raw';
};

const written = new Set(['raw', 'qcow2', 'gzip', 'zstd']);
const rawNames = new Set(['raw', 'gpt', 'iso']);

/**
 * Refuses an image that is something else than was declared: a `raw` that is really a qcow2 may name files of the
 * machine that opens it. `permitted` are the formats that the API allows.
 */
export const requireFormat = (actual: string, declared: string | undefined, permitted: readonly string[]): void => {
  const asRaw = actual === 'gzip' || actual === 'zstd' ? 'raw' : actual;
  const wanted = declared && rawNames.has(declared) ? 'raw' : declared;
  if (wanted && wanted !== asRaw) {
    throw invalidImage(`Security: Expected format was ${declared}, but image was actually ${actual}`);
  }
  if (!written.has(actual)) throw invalidImage(`Images of the format ${actual} cannot be written`);
  const allowed = asRaw === 'raw' ? permitted.some(name => rawNames.has(name)) : permitted.includes(asRaw);
  if (!allowed) throw invalidImage(`The API does not permit images of the format ${actual}`);
};
