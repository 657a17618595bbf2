import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { temporaryFolder } from '#testing';
import type { Content } from '../content.js';
import type { Listening } from './http-server.js';
import { serveHttp } from './http-server.js';

describe('The HTTP server of machines that boot', () => {
  const scratch = temporaryFolder();
  const file = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
  const contents = new Map<string, Content>([
    ['boot.ipxe', { kind: 'text', text: '#!ipxe\n' }],
    ['a:b/kernel', { kind: 'file', path: scratch.file('kernel') }],
    ['empty', { kind: 'file', path: scratch.file('empty') }],
    ['gone', { kind: 'file', path: scratch.file('gone') }],
  ]);
  const reports: string[] = [];
  let server: Listening;
  const get = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${server.port}/${path}`, init);

  beforeAll(async () => {
    writeFileSync(scratch.file('kernel'), file);
    writeFileSync(scratch.file('empty'), '');
    server = await serveHttp({
      address: '127.0.0.1',
      port: 0,
      contents: path => contents.get(path),
      report: message => reports.push(message),
    });
  });
  afterAll(async () => {
    await server.close();
    scratch.remove();
    expect(reports).toEqual([]);
  });

  it('serves texts and files', async () => {
    expect(await (await get('boot.ipxe')).text()).toBe('#!ipxe\n');
    const answer = await get('a%3Ab/kernel');
    expect(answer.headers.get('content-length')).toBe('200000');
    expect(Buffer.from(await answer.arrayBuffer()).equals(file)).toBe(true);
    expect(await (await get('empty')).text()).toBe('');
  });

  it('answers HEAD without a body', async () => {
    const answer = await get('a:b/kernel', { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '200000']);
    expect((await answer.arrayBuffer()).byteLength).toBe(0);
  });

  it('serves a part, and all of it to who has the beginning of another file', async () => {
    const part = await get('a:b/kernel', { headers: { range: 'bytes=1000-1999' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1000-1999/200000']);
    expect(Buffer.from(await part.arrayBuffer()).equals(file.subarray(1000, 2000))).toBe(true);
    const etag = part.headers.get('etag')!;
    const status = async (condition: string) => {
      const answer = await get('a:b/kernel', { headers: { range: 'bytes=1-2', 'if-range': condition } });
      await answer.arrayBuffer();
      return answer.status;
    };
    expect([await status(etag), await status('"another"')]).toEqual([206, 200]);
    const beyond = await get('a:b/kernel', { headers: { range: 'bytes=200000-' } });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */200000']);
  });

  it('refuses everything else', async () => {
    expect((await get('boot.ipxe', { method: 'POST', body: 'x' })).status).toBe(405);
    expect((await get('gone')).status).toBe(404);
    // fetch would tidy up such paths.
    const raw = (path: string) =>
      new Promise(resolve =>
        request({ port: server.port, host: '127.0.0.1', path }, answer => {
          answer.resume();
          resolve(answer.statusCode);
        }).end(),
      );
    for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/%zz', '/boot.ipxe/..'])
      expect([path, await raw(path)]).toEqual([path, 404]);
  });

  it('sends on what is withdrawn while it is being sent', async () => {
    writeFileSync(scratch.file('large'), Buffer.alloc(20_000_000));
    contents.set('large', { kind: 'file', path: scratch.file('large') });
    const answer = await get('large');
    rmSync(scratch.file('large'));
    expect((await answer.arrayBuffer()).byteLength).toBe(20_000_000);
  });
});
