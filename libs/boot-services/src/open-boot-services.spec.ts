import { afterEach, expect, it } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { temporaryFolder, virtualClock } from '#testing';
import type { BootServicesSettings, OpenBootServices } from './open-boot-services.js';
import { BootPortUnusable, openBootServices } from './open-boot-services.js';

const scratch = temporaryFolder();
const all: OpenBootServices[] = [];
afterEach(async () => {
  await all.at(-1)?.close();
  scratch.remove();
});

const open = async (more: Partial<BootServicesSettings> = {}) => {
  const services = await openBootServices({
    folder: scratch.file('boot'),
    address: '127.0.0.1',
    httpPort: 0,
    httpUrl: 'http://10.0.0.1:8080',
    loaderFolders: [scratch.file('loaders')],
    places: { folders: [scratch.path], trusted: new Set() },
    cacheBytes: 1000,
    makeRaw: true,
    clock: virtualClock(),
    report: () => undefined,
    ...more,
  });
  all.push(services);
  return services;
};

it('Machines boot what was prepared before a restart, and ports that are taken are named', async () => {
  mkdirSync(scratch.file('loaders'));
  for (const name of ['loaders/snponly.efi', 'loaders/other.efi', 'kernel', 'ramdisk'])
    writeFileSync(scratch.file(name), name);
  const before = await open();
  await before.boot.prepare({
    nodeId: 'node-1',
    addresses: ['52:54:00:00:00:01'],
    method: 'ipxe',
    bootMode: 'uefi',
    kernel: pathToFileURL(scratch.file('kernel')).href,
    ramdisk: pathToFileURL(scratch.file('ramdisk')).href,
    parameters: [],
  });
  await before.close();

  const { httpPort } = await open({ tftpPort: 0 });
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/${path}`);
    return answer.ok ? await answer.text() : answer.status;
  };
  const script = String(await get('boot/52:54:00:00:00:01.ipxe'));
  const [, kernel] = /^kernel http:\/\/10\.0\.0\.1:8080\/(\S+)/m.exec(script)!;
  expect(await get(kernel!)).toBe('kernel');
  expect(await get('snponly.efi')).toBe(readFileSync(scratch.file('loaders/snponly.efi'), 'utf8'));
  expect([await get('other.efi'), await get('boot/52:54:00:00:00:02.ipxe')]).toEqual([404, 404]);

  const taken = open({ folder: scratch.file('another'), httpPort });
  await expect(taken).rejects.toThrow(BootPortUnusable);
  await expect(taken).rejects.toThrow(/bootHttpPort.*taken/);
});
