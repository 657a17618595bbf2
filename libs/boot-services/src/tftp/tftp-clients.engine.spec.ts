import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { isInstalled, temporaryFolder } from '#testing';
import type { Listening } from '../http/http-server.js';
import { serveTftp } from './tftp-server.js';

const run = promisify(execFile);
const after = (delayMs: number, callback: () => void) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
};

describe('Clients of others fetch by TFTP', () => {
  const scratch = temporaryFolder();
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 31) % 253));
  let server: Listening;

  beforeAll(async () => {
    writeFileSync(scratch.file('kernel'), bytes);
    server = await serveTftp({
      address: '127.0.0.1',
      port: 0,
      contents: path => (path === 'nodes/x/kernel' ? { kind: 'file', path: scratch.file('kernel') } : undefined),
      clock: { after },
      report: () => undefined,
    });
  });
  afterAll(async () => {
    await server.close();
    scratch.remove();
  });

  const clients: [string, (to: string) => string[]][] = [
    ['curl', (to: string) => ['-sSf', '-o', to, `tftp://127.0.0.1:${server.port}/nodes/x/kernel`]],
    [
      'curl, large blocks',
      (to: string) => ['-sSf', '--tftp-blksize', '1468', '-o', to, `tftp://127.0.0.1:${server.port}/nodes/x/kernel`],
    ],
    [
      'busybox',
      (to: string) => ['tftp', '-b', '1400', '-g', '-l', to, '-r', 'nodes/x/kernel', '127.0.0.1', String(server.port)],
    ],
  ];
  const programOf = (name: string) => name.split(',')[0]!;
  it.each(clients.filter(([name]) => isInstalled(programOf(name))))('%s', async (name, argumentsFor) => {
    const to = scratch.file(name);
    await run(programOf(name), argumentsFor(to));
    expect(readFileSync(to).equals(bytes)).toBe(true);
  });
});
