import { afterAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { isInstalled, temporaryFolder } from '#testing';
import { formatOf, ImageUnsuitable, makeRaw } from './raw-image.js';

(isInstalled('qemu-img') ? describe : describe.skip)('qemu-img makes images raw', () => {
  const scratch = temporaryFolder();
  const qemuImg = (...words: string[]) => execFileSync('qemu-img', words, { stdio: 'pipe' });
  const disk = Buffer.alloc(1_048_576, 'disk');
  afterAll(() => scratch.remove());

  it('byte by byte', async () => {
    writeFileSync(scratch.file('disk'), disk);
    qemuImg('convert', '-f', 'raw', '-O', 'qcow2', scratch.file('disk'), scratch.file('qcow2'));
    expect(await formatOf(scratch.file('qcow2'), null)).toBe('qcow2');
    await makeRaw(scratch.file('qcow2'), scratch.file('raw'), disk.length);
    expect(readFileSync(scratch.file('raw')).equals(disk)).toBe(true);
    await expect(makeRaw(scratch.file('qcow2'), scratch.file('small'), 1000)).rejects.toThrow(ImageUnsuitable);
  });

  it('but none that needs another file of ours', async () => {
    writeFileSync(scratch.file('secret'), disk);
    qemuImg('create', '-f', 'qcow2', '-b', scratch.file('secret'), '-F', 'raw', scratch.file('backed'));
    await expect(makeRaw(scratch.file('backed'), scratch.file('stolen'), 1e9)).rejects.toThrow('it needs another file');
    const options = `data_file=${scratch.file('data')}`;
    qemuImg('create', '-f', 'qcow2', '-o', options, scratch.file('outside'), '1M');
    await expect(makeRaw(scratch.file('outside'), scratch.file('stolen'), 1e9)).rejects.toThrow('it needs another');
    writeFileSync(scratch.file('broken'), 'QFI\xfb and no more', 'latin1');
    await expect(makeRaw(scratch.file('broken'), scratch.file('none'), 1e9)).rejects.toThrow(ImageUnsuitable);
  });
});
