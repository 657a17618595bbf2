import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { temporaryFolder } from '#testing';
import type { Content } from '../content.js';
import type { Listening } from '../http/http-server.js';
import { serveTftp } from './tftp-server.js';

const after = (delayMs: number, callback: () => void) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
};

interface Answer {
  readonly bytes: Buffer;
  readonly options: Readonly<Record<string, string>>;
  readonly error?: string;
  readonly packets: number;
}

/** Loses the packets that it is told to lose, by their number; counts what comes in and what goes out on its own. */
interface Losses {
  readonly incoming?: (packet: number) => boolean;
  readonly outgoing?: (packet: number) => boolean;
}

/** A receiver as RFC 1350 and 7440 have it. It never asks again by itself, so that all losses are the server's to heal. */
const receive = async (
  port: number,
  path: string,
  asked: Record<string, string | number> = {},
  { incoming = () => false, outgoing = () => false }: Losses = {},
  mode = 'octet',
): Promise<Answer> => {
  const socket: Socket = createSocket('udp4');
  const words = [path, mode, ...Object.entries(asked).flat()].map(word => `${word}\0`).join('');
  const done = Promise.withResolvers<Omit<Answer, 'packets'>>();
  const blocks: Buffer[] = [];
  let options: Record<string, string> = {};
  let [inNumber, outNumber, unacknowledged, sentBack] = [0, 0, 0, -1];
  const acknowledge = (server: number) => {
    unacknowledged = 0;
    if (!outgoing(outNumber++))
      socket.send(Buffer.from([0, 4, (blocks.length >> 8) & 255, blocks.length & 255]), server, '127.0.0.1');
  };
  socket.on('message', (packet, { port: server }) => {
    if (incoming(inNumber++)) return;
    const code = packet.readUInt16BE(0);
    if (code === 5)
      return done.resolve({ bytes: Buffer.alloc(0), options, error: packet.toString('latin1', 4, packet.length - 1) });
    if (code === 6) {
      const parts = packet.toString('latin1', 2).split('\0');
      options = Object.fromEntries(
        parts.slice(0, -1).flatMap((name, at) => (at % 2 === 0 ? [[name, parts[at + 1]!]] : [])),
      );
      return acknowledge(server);
    }
    const isNext = packet.readUInt16BE(2) === ((blocks.length + 1) & 0xffff);
    if (!isNext) {
      // Out of order: says once from where on it misses something (RFC 7440, 4); repeats itself for what came before.
      const isOld = ((blocks.length - packet.readUInt16BE(2)) & 0xffff) < 0x8000;
      if (isOld || sentBack !== blocks.length) acknowledge(server);
      sentBack = blocks.length;
      return;
    }
    blocks.push(packet.subarray(4));
    const isLast = packet.length - 4 < Number(options.blksize ?? 512);
    if (++unacknowledged >= Number(options.windowsize ?? 1) || isLast) acknowledge(server);
    if (isLast) done.resolve({ bytes: Buffer.concat(blocks), options });
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.send(Buffer.concat([Buffer.from([0, 1]), Buffer.from(words)]), port, '127.0.0.1');
  const answer = await done.promise;
  socket.close();
  return { ...answer, packets: inNumber };
};

describe('The TFTP server', () => {
  const scratch = temporaryFolder();
  const contents = new Map<string, Content>();
  const reports: unknown[] = [];
  let server: Listening;
  const bytesOf = (length: number) => Buffer.from(Array.from({ length }, (_, index) => (index * 7) % 251));
  const file = (name: string, length: number) => {
    const bytes = bytesOf(length);
    writeFileSync(scratch.file(name), bytes);
    contents.set(name, { kind: 'file', path: scratch.file(name) });
    return bytes;
  };

  beforeAll(async () => {
    contents.set('text', { kind: 'text', text: 'a text' });
    server = await serveTftp({
      address: '127.0.0.1',
      port: 0,
      contents: path => contents.get(path),
      clock: { after },
      report: (message, details) => reports.push(message, details),
      timeoutMs: 10,
    });
  });
  afterAll(async () => {
    await server.close();
    scratch.remove();
    expect(reports).toEqual([]);
  });

  it.each([0, 1, 511, 512, 513, 1024, 5000])('sends a file of %i bytes', async length => {
    const bytes = file('file', length);
    const answer = await receive(server.port, '/file');
    expect(answer.options).toEqual({});
    expect(answer.bytes.equals(bytes)).toBe(true);
  });

  it('agrees to options that it knows, and to none that makes no sense', async () => {
    const bytes = file('file', 10_000);
    const answer = await receive(server.port, 'file', { blksize: 1000, TSIZE: 0, timeout: 3, windowsize: 4, other: 1 });
    expect(answer.options).toEqual({ blksize: '1000', tsize: '10000', timeout: '3', windowsize: '4' });
    expect(answer.bytes.equals(bytes)).toBe(true);
    const modest = await receive(server.port, 'file', { blksize: 65464, windowsize: 65535, timeout: 0 });
    expect(modest.options).toEqual({ blksize: '1468', windowsize: '64' });
    expect(modest.bytes.equals(bytes)).toBe(true);
    expect((await receive(server.port, 'file', { blksize: 7, windowsize: 0 })).options).toEqual({});
  });

  it('goes beyond 65535 blocks', async () => {
    const bytes = file('large', 8 * 65_540);
    const answer = await receive(server.port, 'large', { blksize: 8, windowsize: 64 });
    expect(answer.bytes.equals(bytes)).toBe(true);
  });

  const losses: [string, Losses][] = [
    ['the first packet', { incoming: packet => packet === 0 }],
    ['every third packet', { incoming: packet => packet % 3 === 1 }],
    ['every third acknowledgement', { outgoing: packet => packet % 3 === 1 }],
    ['both', { incoming: packet => packet % 5 === 1, outgoing: packet => packet % 4 === 2 }],
  ];
  it.each(losses.flatMap(([what, lost]) => [1, 4, 16].map(windowsize => ({ what, lost, windowsize }))))(
    'gets through where $what is lost, with a window of $windowsize',
    async ({ lost, windowsize }) => {
      const bytes = file('file', 20_000);
      const answer = await receive(server.port, 'file', { blksize: 500, windowsize }, lost);
      expect(answer.bytes.equals(bytes)).toBe(true);
    },
  );

  it('does not double its packets for acknowledgements that come twice', async () => {
    file('file', 512 * 20);
    const twice = createSocket('udp4');
    twice.bind(0, '127.0.0.1');
    await once(twice, 'listening');
    const done = Promise.withResolvers<void>();
    const seen: number[] = [];
    twice.on('message', (packet, { port }) => {
      const block = packet.readUInt16BE(2);
      seen.push(block);
      for (let time = 0; time < 2; time++) twice.send(Buffer.from([0, 4, 0, block]), port, '127.0.0.1');
      if (packet.length < 516) done.resolve();
    });
    twice.send(Buffer.from('\0\x01file\0octet\0'), server.port, '127.0.0.1');
    await done.promise;
    twice.close();
    // A busy machine may let a timeout pass; doubling would be all of them.
    expect(seen.length).toBeLessThan(2 * 21);
    expect(new Set(seen).size).toBe(21);
  });

  it('refuses what is not there, what is to be written and what is to be converted', async () => {
    expect((await receive(server.port, 'none')).error).toBe('no such file');
    expect((await receive(server.port, '../text')).error).toBe('no such file');
    expect((await receive(server.port, 'text', {}, {}, 'netascii')).error).toBe('only mode octet is served');
    const writer = createSocket('udp4');
    const answer = once(writer, 'message') as Promise<[Buffer]>;
    writer.send(Buffer.from('\0\x02text\0octet\0'), server.port, '127.0.0.1');
    expect((await answer)[0].toString('latin1', 4)).toBe('nothing may be written\0');
    writer.close();
  });

  it('gives up a client that never answers, and ends while one is served', async () => {
    file('file', 5000);
    const silent = createSocket('udp4');
    const packets: number[] = [];
    silent.on('message', packet => packets.push(packet.readUInt16BE(2)));
    silent.bind(0, '127.0.0.1');
    await once(silent, 'listening');
    silent.send(Buffer.from('\0\x01file\0octet\0'), server.port, '127.0.0.1');
    while (packets.length < 6) await once(silent, 'message');
    expect(new Set(packets)).toEqual(new Set([1]));
    const other = await serveTftp({
      address: '127.0.0.1',
      port: 0,
      contents: path => contents.get(path),
      clock: { after },
      report: (message, details) => reports.push(message, details),
    });
    silent.send(Buffer.from('\0\x01file\0octet\0'), other.port, '127.0.0.1');
    await once(silent, 'message');
    await other.close();
    silent.close();
  });
});
