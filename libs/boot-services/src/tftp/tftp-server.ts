import type { RemoteInfo, Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Clock } from '#domain';
import type { Contents } from '../content.js';
import type { Listening } from '../http/http-server.js';
import { agree } from './options.js';
import type { ReadRequest } from './packet.js';
import { errorCode, errorPacket, opcode, opcodeOf, parseReadRequest } from './packet.js';
import { sourceOf } from './source.js';
import { Transfer } from './transfer.js';

export interface TftpSettings {
  readonly address: string;
  /** 69; 0 takes a free one. */
  readonly port: number;
  readonly contents: Contents;
  readonly clock: Pick<Clock, 'after'>;
  readonly report: (message: string, details: object) => void;
  /** How long a client that asks for nothing else has to answer: 1 s where it is left out. */
  readonly timeoutMs?: number;
}

/** Each has a socket of its own: beyond that requests are not answered, and their clients ask again. */
const MAX_TRANSFERS = 512;

/** Serves contents to machines by TFTP: read requests in octet mode (RFC 1350, 2347, 2348, 2349, 7440). */
export const serveTftp = async (settings: TftpSettings): Promise<Listening> => {
  const { address, port, report } = settings;
  const socket = await bound(address, port);
  /** By client: a request that came twice is answered once. */
  const transfers = new Map<string, { end(): void; ended: Promise<void> }>();
  socket.on('error', (error: Error) => report('TFTP broke off', { error }));
  socket.on('message', (packet, client) => {
    const request = parseReadRequest(packet);
    const fault = request ? refusalOf(request) : notRead(packet);
    if (fault) return socket.send(fault, client.port, client.address);
    const key = `${client.address} ${client.port}`;
    if (!request || transfers.has(key) || transfers.size >= MAX_TRANSFERS) return;
    const stop = new AbortController();
    const ended = transfer(settings, request, client, stop.signal)
      .catch((error: unknown) => report('a transfer by TFTP broke off', { error }))
      .finally(() => transfers.delete(key));
    transfers.set(key, { end: () => stop.abort(), ended });
  });
  return {
    port: socket.address().port,
    async close() {
      await closed(socket);
      const open = [...transfers.values()];
      for (const { end } of open) end();
      await Promise.all(open.map(({ ended }) => ended));
    },
  };
};

const refusalOf = ({ mode }: ReadRequest): Buffer | undefined =>
  mode === 'octet' ? undefined : errorPacket(errorCode.undefined, 'only mode octet is served');

/** Who sends errors or acknowledgements here is not answered: two servers could go on for ever. */
const notRead = (packet: Buffer): Buffer | undefined => {
  if (opcodeOf(packet) === opcode.write) return errorPacket(errorCode.accessViolation, 'nothing may be written');
  return opcodeOf(packet) === opcode.read ? errorPacket(errorCode.illegalOperation, 'no such request') : undefined;
};

const transfer = async (
  { address, contents, clock, report, timeoutMs = 1000 }: TftpSettings,
  { path, options }: ReadRequest,
  client: RemoteInfo,
  stop: AbortSignal,
): Promise<void> => {
  const socket = await bound(address, 0);
  const send = (packet: Buffer) => socket.send(packet, client.port, client.address, () => undefined);
  try {
    const content = contents(path.replace(/^\/+/, ''));
    const source = content && (await sourceOf(content).catch(() => undefined));
    if (!source) {
      const answer = errorPacket(errorCode.fileNotFound, 'no such file');
      await new Promise<void>(resolve => socket.send(answer, client.port, client.address, () => resolve()));
      return;
    }
    try {
      const ended = Promise.withResolvers<void>();
      const agreed = agree(options, source.sizeBytes, timeoutMs);
      const onError = (error: unknown) => report('a file cannot be served by TFTP', { error });
      const sending = new Transfer({ source, agreed, clock, send, onEnd: () => ended.resolve(), onError });
      socket.on('error', () => sending.end(false));
      socket.on('message', (packet, sender) => {
        if (sender.port === client.port && sender.address === client.address) return sending.receive(packet);
        socket.send(errorPacket(errorCode.unknownTransfer, 'unknown transfer'), sender.port, sender.address);
      });
      stop.addEventListener('abort', () => sending.end(false));
      if (stop.aborted) return;
      sending.start();
      await ended.promise;
    } finally {
      await source.close();
    }
  } finally {
    await closed(socket);
  }
};

const bound = async (address: string, port: number): Promise<Socket> => {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
};

const closed = async (socket: Socket): Promise<void> => {
  const end = once(socket, 'close');
  socket.close();
  await end;
};
