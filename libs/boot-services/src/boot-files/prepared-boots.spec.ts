import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { NetworkBoot } from '#domain';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder } from '#testing';
import { FileCache } from '../files/file-cache.js';
import { Holdings } from '../files/holdings.js';
import { bootContents } from './boot-contents.js';
import type { BootRecord } from './prepared-boots.js';
import { PreparedBoots } from './prepared-boots.js';

describe('What is prepared for a node', () => {
  let scratch: TemporaryFolder;
  let boots: PreparedBoots;
  const open = async () => {
    const places = { folders: [scratch.file('sources')], trusted: new Set<string>() };
    const cache = await FileCache.open(scratch.file('cache'), 1_000_000);
    return new PreparedBoots(await Holdings.open<BootRecord>(scratch.file('boots')), cache, places);
  };
  const source = (name: string, text: string) => {
    writeFileSync(scratch.file(`sources/${name}`), text);
    return pathToFileURL(scratch.file(`sources/${name}`)).href;
  };
  const boot = (more: Partial<NetworkBoot> = {}): NetworkBoot => ({
    nodeId: 'node-1',
    addresses: ['52:54:00:00:00:01', '52:54:00:00:00:02'],
    method: 'ipxe',
    bootMode: 'bios',
    kernel: source('kernel', 'a kernel'),
    ramdisk: source('ramdisk', 'a ramdisk'),
    parameters: ['nofb', 'ipa-api-url=http://10.0.0.1:6385'],
    ...more,
  });
  const contents = (path: string, from = boots) => {
    const content = bootContents(from, 'http://10.0.0.1:8080')(path);
    return content?.kind === 'file' ? readFileSync(content.path, 'utf8') : content?.text;
  };
  const secret = () => boots.all()[0]!.secret;

  beforeEach(async () => {
    scratch = temporaryFolder();
    mkdirSync(scratch.file('sources'));
    boots = await open();
  });
  afterEach(() => scratch.remove());

  it('is a script for each address, which leads to kernel and ramdisk', async () => {
    await boots.prepare(boot());
    const script = contents('boot/52:54:00:00:00:02.ipxe')!;
    expect(script).toContain(
      `kernel http://10.0.0.1:8080/nodes/${secret()}/kernel nofb ipa-api-url=http://10.0.0.1:6385 ` +
        'BOOTIF=52:54:00:00:00:02 initrd=ramdisk',
    );
    expect(script).toMatch(/^#!ipxe\n/);
    expect(contents(`nodes/${secret()}/kernel`)).toBe('a kernel');
    expect(contents(`nodes/${secret()}/ramdisk`)).toBe('a ramdisk');
  });

  it('is found by the names that PXELINUX and GRUB ask for', async () => {
    await boots.prepare(boot({ method: 'pxe', parameters: ["it's"] }));
    expect(contents('pxelinux.cfg/01-52-54-00-00-00-01')).toContain(`KERNEL ::/nodes/${secret()}/kernel`);
    for (const name of ['grub.cfg-01-52-54-00-00-00-01', '52:54:00:00:00:01.conf'])
      expect(contents(name)).toContain(`linux /nodes/${secret()}/kernel 'it'\\''s' 'BOOTIF=52:54:00:00:00:01'`);
  });

  it.each([
    'boot/52:54:00:00:00:03.ipxe',
    'nodes/node-1/kernel',
    `nodes/${'0'.repeat(32)}/kernel`,
    'nodes/../nodes/node-1.json',
    '../boots/nodes/node-1.json',
    '',
  ])('is not behind %j', async path => {
    await boots.prepare(boot());
    expect(contents(path)).toBeUndefined();
  });

  it('survives a restart', async () => {
    await boots.prepare(boot());
    const again = await open();
    expect(await again.prepared()).toEqual(['node-1']);
    expect(contents(`nodes/${secret()}/kernel`, again)).toBe('a kernel');
  });

  it('is withdrawn, files and all, and a second time nothing happens', async () => {
    await boots.prepare(boot());
    await boots.withdraw('node-1');
    await boots.withdraw('node-1');
    expect(await boots.prepared()).toEqual([]);
    expect(contents('boot/52:54:00:00:00:01.ipxe')).toBeUndefined();
    expect(readdirSync(scratch.file('boots/files'))).toEqual([]);
    expect(await (await open()).prepared()).toEqual([]);
  });

  it('stays the same when the same is prepared again, also by another process', async () => {
    await boots.prepare(boot());
    const before = secret();
    const same = boots.all()[0]!.value.boot;
    await boots.prepare(same);
    expect(secret()).toBe(before);
    boots = await open();
    await boots.prepare(same);
    expect(secret()).toBe(before);
  });

  it('is another one when another file is behind the URL', async () => {
    await boots.prepare(boot());
    await boots.prepare({ ...boot(), kernel: source('kernel', 'a newer kernel') });
    expect(contents(`nodes/${secret()}/kernel`)).toBe('a newer kernel');
    expect(readdirSync(scratch.file('boots/files'))).toHaveLength(1);
  });

  it.each([
    ['a kernel that is not there', () => ({ kernel: pathToFileURL(scratch.file('sources/none')).href })],
    ['a file from elsewhere', () => ({ kernel: 'file:///etc/passwd' })],
    ['a word that ends a command of iPXE', () => ({ parameters: ['a', '||', 'shell'] })],
    ['a word that iPXE would expand', () => ({ parameters: ['${secret}'] })],
    ['a word of two lines', () => ({ parameters: ['a\nshell'] })],
  ])('is refused for %s, and what was prepared stays', async (_, more) => {
    await boots.prepare(boot());
    await expect(boots.prepare(boot(more()))).rejects.toMatchObject({ details: { code: 'boot.not-prepared' } });
    expect(contents('boot/52:54:00:00:00:01.ipxe')).toContain('nofb');
  });

  it('is not what a dying process left half done', async () => {
    await boots.prepare(boot());
    writeFileSync(scratch.file('boots/nodes/node-2.json.1.part'), '{"nodeId":"node-2"');
    mkdirSync(scratch.file('boots/files/half'));
    writeFileSync(scratch.file('cache/half.part'), 'hal');
    expect(await (await open()).prepared()).toEqual(['node-1']);
    expect(readdirSync(scratch.file('boots/files'))).toEqual([secret()]);
    expect(readdirSync(scratch.file('cache')).filter(name => name.endsWith('.part'))).toEqual([]);
  });
});
