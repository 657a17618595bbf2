import { gzipSync } from 'node:zlib';

export interface TarEntry {
  readonly name: string;
  readonly content: Buffer;
}

const block = 512;

const octal = (value: number, length: number): string => value.toString(8).padStart(length - 1, '0') + '\0';

/** One header of POSIX.1-1988 ustar. The checksum is the sum of its bytes, the checksum field counting as blanks. */
const header = (entry: TarEntry, seconds: number): Buffer => {
  const bytes = Buffer.alloc(block);
  bytes.write(entry.name.slice(0, 100), 0);
  bytes.write(octal(0o644, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(entry.content.length, 12), 124);
  bytes.write(octal(seconds, 12), 136);
  bytes.write(' '.repeat(8), 148);
  bytes.write('0', 156);
  bytes.write('ustar\0' + '00', 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(sum.toString(8).padStart(6, '0') + '\0 ', 148);
  return bytes;
};

export const tarGz = (entries: readonly TarEntry[], now: Date): Buffer => {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const padding = (block - (entry.content.length % block)) % block;
    parts.push(header(entry, Math.floor(now.getTime() / 1000)), entry.content, Buffer.alloc(padding));
  }
  parts.push(Buffer.alloc(2 * block));
  return gzipSync(Buffer.concat(parts));
};
