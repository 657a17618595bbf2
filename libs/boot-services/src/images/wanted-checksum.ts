import type { ImageSource } from '#domain';
import type { Algorithm, Checksum, Places } from '../files/download.js';
import { readText } from '../files/download.js';

/** Nobody could verify the image by it. */
export class ChecksumUnknown extends Error {}

/** A file of checksums of all images of a distribution is some kilobytes. */
const MAX_BYTES = 1_048_576;
const byLength: Readonly<Record<number, Algorithm>> = { 32: 'md5', 64: 'sha256', 128: 'sha512' };

/**
 * What the image is verified by: the two fields win over the one (Ironic, images).
 *
 * @throws ChecksumUnknown · SourceMissing · SourceRefused
 */
export const wantedChecksum = async (source: ImageSource, places: Places): Promise<Checksum> => {
  const { checksum, osHashAlgo, osHashValue, url } = source;
  if (osHashAlgo !== null && osHashValue !== null) return checked(osHashValue, osHashAlgo);
  if (checksum === null) throw new ChecksumUnknown('the image has no checksum');
  if (!checksum.includes('://')) return checked(checksum);
  const name = decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
  return checked(checksumIn(await readText(checksum, places, MAX_BYTES), name));
};

const checked = (digits: string, name?: string): Checksum => {
  const algorithm = /^[0-9a-f]+$/i.test(digits) ? byLength[digits.length] : undefined;
  if (!algorithm || (name !== undefined && name !== algorithm))
    throw new ChecksumUnknown(`${JSON.stringify(digits)} is no ${name ?? 'md5, sha256 or sha512'}`);
  return { algorithm, value: digits.toLowerCase() };
};

/**
 * A file of checksums as `sha256sum` writes it, plain or with `--tag`; or one that has nothing but a checksum.
 *
 * @throws ChecksumUnknown
 */
export const checksumIn = (text: string, name: string): string => {
  const lines = text.split(/\r?\n/).filter(line => line.trim() !== '' && !line.startsWith('#'));
  for (const line of lines) {
    const [, plain, file] = /^([0-9a-f]{32,128})\s+\*?(?:.*\/)?([^/]+?)\s*$/i.exec(line) ?? [];
    if (plain && file === name) return plain;
    const [, tagged, digits] = /^\w+ \((?:.*\/)?([^/]+)\) = ([0-9a-f]{32,128})\s*$/i.exec(line) ?? [];
    if (digits && tagged === name) return digits;
  }
  const [only] = lines;
  if (only && lines.length === 1 && /^[0-9a-f]{32,128}$/i.test(only.trim())) return only.trim();
  throw new ChecksumUnknown(`the file of checksums has none of ${name}`);
};
