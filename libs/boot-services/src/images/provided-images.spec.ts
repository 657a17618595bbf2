import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ImageSource } from '#domain';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder } from '#testing';
import { FileCache } from '../files/file-cache.js';
import { Holdings } from '../files/holdings.js';
import type { ImageRecord } from './provided-images.js';
import { ProvidedImages } from './provided-images.js';

describe('Images', () => {
  let scratch: TemporaryFolder;
  let images: ProvidedImages;
  let server: Server;
  let requests: string[];
  const disk = Buffer.from('a disk');
  const sha256 = createHash('sha256').update(disk).digest('hex');

  const open = async () =>
    new ProvidedImages(
      await Holdings.open<ImageRecord>(scratch.file('images')),
      await FileCache.open(scratch.file('cache'), 1_000),
      { places: { folders: [], trusted: new Set() }, baseUrl: 'http://10.0.0.1:8080', makeRaw: true },
    );
  const source = (more: Partial<ImageSource> = {}): ImageSource => ({
    url: `http://somebody:secret@127.0.0.1:${(server.address() as AddressInfo).port}/disk.img`,
    download: 'local',
    checksum: sha256,
    osHashAlgo: null,
    osHashValue: null,
    diskFormat: 'raw',
    ...more,
  });
  const at = (path: string) => source().url.replace('/disk.img', path);
  const served = (url: string) => {
    const content = images.contents(url.replace('http://10.0.0.1:8080/', ''));
    return content?.kind === 'file' ? readFileSync(content.path, 'utf8') : undefined;
  };

  beforeEach(async () => {
    scratch = temporaryFolder();
    requests = [];
    const bodies = new Map([
      ['/disk.img', disk],
      ['/large.img', Buffer.alloc(2_000)],
      ['/qcow2.img', Buffer.from('QFI\xfb and more', 'latin1')],
      ['/sums', Buffer.from(`${sha256}  disk.img\n`)],
    ]);
    server = createServer(({ method, url, headers }, response) => {
      requests.push(`${method} ${url}`);
      const isAllowed = headers.authorization === `Basic ${Buffer.from('somebody:secret').toString('base64')}`;
      if (url === '/moved.img') return response.writeHead(302, { location: '/disk.img' }).end();
      const body = bodies.get(url!);
      if (!body || !isAllowed) return response.writeHead(body ? 401 : 404).end();
      response.writeHead(200, { 'content-length': body.length }).end(method === 'HEAD' ? undefined : body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    images = await open();
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    scratch.remove();
  });

  it('are passed through where the machine fetches them itself, after a look', async () => {
    const provided = await images.provide('node-1', source({ download: 'http', checksum: at('/sums') }));
    expect(provided).toEqual({
      url: source().url,
      sizeBytes: 6,
      diskFormat: 'raw',
      osHashAlgo: 'sha256',
      osHashValue: sha256,
    });
    expect(requests).toEqual(['GET /sums', 'HEAD /disk.img']);
  });

  it('are fetched once for all nodes, and each node has a place of its own', async () => {
    const nodes = ['node-1', 'node-2', 'node-3'];
    const provided = await Promise.all(nodes.map(node => images.provide(node, source())));
    expect(requests).toEqual(['GET /disk.img']);
    expect(new Set(provided.map(({ url }) => url)).size).toBe(3);
    for (const { url, sizeBytes, osHashValue } of provided)
      expect([served(url), sizeBytes, osHashValue]).toEqual(['a disk', 6, sha256]);
  });

  it('stay over a restart, until they are released', async () => {
    const { url } = await images.provide('node-1', source());
    images = await open();
    expect(served(url)).toBe('a disk');
    expect((await images.provide('node-1', source())).url).toBe(url);
    await images.release('node-1');
    await images.release('node-1');
    expect(served(url)).toBeUndefined();
    expect(readdirSync(scratch.file('images/files'))).toEqual([]);
    expect(requests).toEqual(['GET /disk.img']);
  });

  it.each([
    ['image.missing', 'is not there', () => ({ url: at('/none.img') })],
    ['image.missing', 'is not there for the machine', () => ({ url: at('/none.img'), download: 'http' as const })],
    ['image.missing', 'is not for us', () => ({ url: source().url.replace('secret', 'wrong') })],
    ['image.missing', 'has a file of checksums that is not there', () => ({ checksum: at('/none') })],
    ['image.checksum-wrong', 'is another one', () => ({ checksum: 'a'.repeat(64) })],
    ['image.refused', 'is too large', () => ({ url: at('/large.img') })],
    ['image.refused', 'is a file of ours', () => ({ url: 'file:///etc/passwd' })],
    ['image.refused', 'has no checksum', () => ({ checksum: null })],
    ['image.refused', 'has a format that is not known', () => ({ diskFormat: 'vmdk' })],
    ['image.refused', 'is not what it is said to be', () => ({ diskFormat: 'qcow2' })],
    [
      'image.refused',
      'is said to be raw and is not',
      () => {
        const checksum = createHash('sha256').update(Buffer.from('QFI\xfb and more', 'latin1')).digest('hex');
        return { url: at('/qcow2.img'), checksum };
      },
    ],
  ])('%s: one that %s', async (code, _, more) => {
    const error = (await images.provide('node-1', source(more())).catch((error: unknown) => error)) as Error;
    expect(error).toMatchObject({ details: { code } });
    expect(error.message).not.toContain('secret');
    expect(readdirSync(scratch.file('images/files'))).toEqual([]);
  });
});
