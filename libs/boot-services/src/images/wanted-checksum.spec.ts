import { describe, expect, it } from '@jest/globals';
import type { ImageSource } from '#domain';
import { checksumIn, wantedChecksum } from './wanted-checksum.js';

const places = { folders: [], trusted: new Set<string>() };
const source = (more: Partial<ImageSource>): ImageSource => ({
  url: 'http://images/disk.img',
  download: 'local',
  checksum: null,
  osHashAlgo: null,
  osHashValue: null,
  diskFormat: null,
  ...more,
});
const [md5, sha256, sha512] = ['a'.repeat(32), 'B'.repeat(64), 'c'.repeat(128)] as const;

describe('What an image is verified by', () => {
  it('is known by its length, and the two fields win', async () => {
    expect(await wantedChecksum(source({ checksum: md5 }), places)).toEqual({ algorithm: 'md5', value: md5 });
    expect(await wantedChecksum(source({ checksum: sha512 }), places)).toEqual({ algorithm: 'sha512', value: sha512 });
    const both = source({ checksum: md5, osHashAlgo: 'sha256', osHashValue: sha256 });
    expect(await wantedChecksum(both, places)).toEqual({ algorithm: 'sha256', value: sha256.toLowerCase() });
  });

  it.each([{}, { checksum: 'abc' }, { osHashAlgo: 'sha256', osHashValue: md5 }])('is refused: %j', async more => {
    await expect(wantedChecksum(source(more), places)).rejects.toThrow(/checksum|is no/);
  });

  it.each([
    `${md5}  other.img\n${'d'.repeat(64)}  disk.img\n`,
    `${'d'.repeat(64)} *./folder/disk.img\r\n`,
    `# by somebody\nSHA256 (disk.img) = ${'d'.repeat(64)}\n`,
    `${'d'.repeat(64)}\n`,
  ])('is found in %j', text => {
    expect(checksumIn(text, 'disk.img')).toBe('d'.repeat(64));
  });

  it.each(['', `${md5}  other.img`, `${md5}  disk.img.sig\n${md5}  a-disk.img`])('is not found in %j', text => {
    expect(() => checksumIn(text, 'disk.img')).toThrow('has none of disk.img');
  });
});
