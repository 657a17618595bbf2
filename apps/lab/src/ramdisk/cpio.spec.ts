import { describe, expect, it } from '@jest/globals';
import { cpio, type Entry } from './cpio.js';

/** Reads an archive by its format's own description: thirteen fields of eight hexadecimal digits, name, content. */
const read = (archive: Buffer) => {
  const members: { name: string; mode: number; content: string }[] = [];
  for (let at = 0; ;) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number) => parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const name = archive.toString('utf8', at + 110, at + 110 + nameSize - 1);
    const begin = (at + 110 + nameSize + 3) & ~3;
    if (name === 'TRAILER!!!') return members;
    members.push({ name, mode, content: archive.toString('utf8', begin, begin + size) });
    at = (begin + size + 3) & ~3;
  }
};

const entries: Entry[] = [
  { path: 'usr/bin/tool', content: Buffer.from('#!/bin/sh\n'), executable: true },
  { path: 'etc/name', content: Buffer.from('x') },
  { path: 'bin/sh', content: { linkTo: 'busybox' } },
  { path: 'proc', content: 'folder' },
];

describe('An initramfs', () => {
  it('has files, links and folders, those above first', () => {
    expect(read(cpio(entries))).toEqual([
      { name: 'bin', mode: 0o040755, content: '' },
      { name: 'bin/sh', mode: 0o120777, content: 'busybox' },
      { name: 'etc', mode: 0o040755, content: '' },
      { name: 'etc/name', mode: 0o100644, content: 'x' },
      { name: 'proc', mode: 0o040755, content: '' },
      { name: 'usr', mode: 0o040755, content: '' },
      { name: 'usr/bin', mode: 0o040755, content: '' },
      { name: 'usr/bin/tool', mode: 0o100755, content: '#!/bin/sh\n' },
    ]);
  });

  it('is the same bytes in whatever order its entries come', () => {
    expect(cpio(entries.toReversed()).equals(cpio(entries))).toBe(true);
  });
});
