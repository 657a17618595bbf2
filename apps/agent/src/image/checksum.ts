import { exchange, type Trust } from '../lookup/http.js';
import { imageChecksumError } from '../problem.js';
import { fileNameOf, type ImageInfo } from './image-info.js';

export interface ExpectedChecksum {
  readonly algorithm: 'md5' | 'sha256' | 'sha512' | string;
  /** Hexadecimal, lower case. */
  readonly value: string;
}

const algorithmByLength: Record<number, string> = { 32: 'md5', 64: 'sha256', 128: 'sha512' };

const isUrl = (text: string): boolean => /^https?:\/\//i.test(text);

/**
 * The hash of an image in a file of checksums: a single bare hash, `hash  name` (a `*` before the name means binary)
 * as of sha256sum, or `SHA256 (name) = hash` as of BSD.
 */
export const findChecksum = (text: string, imageName: string): string | undefined => {
  const lines = text.split('\n').map(line => line.trim());
  const full = lines.filter(line => line !== '' && !line.startsWith('#'));
  if (full.length === 1 && /^[0-9a-f]+$/i.test(full[0]!)) return full[0];
  for (const line of full) {
    const gnu = /^([0-9a-f]{32,128})\s+\*?(.+)$/i.exec(line);
    if (gnu && gnu[2]!.split('/').at(-1) === imageName) return gnu[1];
    const bsd = /^\S+\s*\((.+)\)\s*=\s*([0-9a-f]{32,128})$/i.exec(line);
    if (bsd && bsd[1]!.split('/').at(-1) === imageName) return bsd[2];
  }
  return undefined;
};

const fetchChecksum = async (url: string, image: ImageInfo, trust: Trust, timeoutMs: number): Promise<string> => {
  const headers: Record<string, string> = image.authorization ? { Authorization: image.authorization } : {};
  const answer = await exchange({ url, headers, trust, timeoutMs }).catch((error: unknown) => {
    throw imageChecksumError(`the checksums at ${url} cannot be read: ${String(error)}`);
  });
  if (answer.status !== 200) throw imageChecksumError(`the checksums at ${url} were answered ${answer.status}`);
  const name = fileNameOf(image.urls[0]!);
  const found = findChecksum(answer.text, name);
  if (!found) throw imageChecksumError(`the checksums at ${url} have none for ${name}`);
  return found;
};

/** What the image must hash to. The length of a hash tells its algorithm, whatever the request calls it. */
export const expectedChecksum = async (
  image: ImageInfo,
  md5Allowed: boolean,
  trust: Trust,
  timeoutMs: number,
): Promise<ExpectedChecksum> => {
  const preferred = image.hashAlgorithm && image.hashValue ? image.hashValue : image.checksum!;
  const given = isUrl(preferred) ? await fetchChecksum(preferred, image, trust, timeoutMs) : preferred;
  const value = given.toLowerCase();
  const algorithm = algorithmByLength[value.length] ?? (image.hashValue && image.hashAlgorithm);
  if (!algorithm) throw imageChecksumError(`a checksum of ${value.length} digits is of no known algorithm`);
  if (algorithm === 'md5' && !md5Allowed) throw imageChecksumError('MD5 is not allowed here');
  return { algorithm, value };
};
