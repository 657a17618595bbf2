import { basename } from 'node:path';
import { isBag } from '../api/command.js';
import { invalidParameters } from '../problem.js';

/** What a conductor says of the image to write; unknown members are ignored. */
export interface ImageInfo {
  readonly id: string;
  readonly urls: readonly string[];
  readonly diskFormat?: string;
  readonly checksum?: string;
  readonly hashAlgorithm?: string;
  readonly hashValue?: string;
  readonly streamRawImages: boolean;
  readonly isPartitionImage: boolean;
  readonly rootMb?: number;
  readonly swapMb: number;
  readonly ephemeralMb: number;
  readonly ephemeralFormat: string;
  readonly preserveEphemeral: boolean;
  readonly diskLabel?: 'gpt' | 'msdos';
  readonly bootMode?: string;
  /** Value of the `Authorization` header of the image's server. */
  readonly authorization?: string;
  readonly proxies: Readonly<Record<string, string>>;
  readonly noProxy?: string;
  readonly configDrive?: string;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const number = (value: unknown): number | undefined =>
  value === undefined || value === null || Number.isNaN(Number(value)) ? undefined : Number(value);

const authorizationOf = (info: Record<string, unknown>): string | undefined => {
  const given = text(info.image_request_authorization);
  if (given) return Buffer.from(given, 'base64').toString();
  if (info.image_server_auth_strategy !== 'http_basic') return undefined;
  const credentials = `${String(info.image_server_user)}:${String(info.image_server_password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
};

const isUrl = (value: string): boolean => /^https?:\/\//i.test(value);
const isMd5 = (value: string): boolean => /^[0-9a-f]{32}$/i.test(value);

/** An image that nothing vouches for is not written. MD5 counts only where the API allows it. */
const requireChecksum = (image: ImageInfo, md5Allowed: boolean): void => {
  if (image.hashAlgorithm && image.hashValue && (image.hashAlgorithm !== 'md5' || md5Allowed)) return;
  const { checksum } = image;
  if (checksum && (isUrl(checksum) || checksum.length > 32 || (isMd5(checksum) && md5Allowed))) return;
  throw invalidParameters(
    md5Allowed
      ? 'Image needs a checksum, or os_hash_algo and os_hash_value.'
      : 'Image needs a SHA-256 or SHA-512 checksum, or os_hash_algo and os_hash_value; MD5 is not allowed here.',
  );
};

export const parseImageInfo = (info: unknown, md5Allowed: boolean): ImageInfo => {
  if (!isBag(info)) throw invalidParameters('image_info must be an object.');
  for (const field of ['id', 'urls']) {
    if (!info[field]) throw invalidParameters(`Image is missing '${field}' field.`);
  }
  const urls = info.urls;
  if (!Array.isArray(urls) || urls.length === 0 || !urls.every(url => typeof url === 'string' && isUrl(url))) {
    throw invalidParameters("Image 'urls' must be a list with at least one http or https address.");
  }
  const image: ImageInfo = {
    id: String(info.id),
    urls: urls as string[],
    diskFormat: text(info.disk_format),
    checksum: text(info.checksum),
    hashAlgorithm: text(info.os_hash_algo)?.toLowerCase(),
    hashValue: text(info.os_hash_value),
    streamRawImages: info.stream_raw_images !== false,
    isPartitionImage: info.image_type === 'partition',
    rootMb: number(info.root_mb) ?? (number(info.root_gb) === undefined ? undefined : number(info.root_gb)! * 1024),
    swapMb: number(info.swap_mb) ?? 0,
    ephemeralMb: number(info.ephemeral_mb) ?? 0,
    ephemeralFormat: text(info.ephemeral_format) ?? 'ext4',
    preserveEphemeral: info.preserve_ephemeral === true,
    diskLabel: info.disk_label === 'gpt' || info.disk_label === 'msdos' ? info.disk_label : undefined,
    bootMode: text(info.deploy_boot_mode),
    authorization: authorizationOf(info),
    proxies: isBag(info.proxies) ? (info.proxies as Record<string, string>) : {},
    noProxy: text(info.no_proxy),
    configDrive: text(info.configdrive),
  };
  requireChecksum(image, md5Allowed);
  return image;
};

export const fileNameOf = (url: string): string => basename(new URL(url).pathname);
