import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { BmcUnreachable, ConnectionClosed } from '../errors.js';
import { MalformedPacket } from '../wire/malformed-packet.js';
import { afterListening } from './patience.js';

export interface Address {
  readonly host: string;
  readonly port: number;
  /** Address of this machine to send from. */
  readonly localAddress?: string;
  /** Closes the link when it aborts. */
  readonly signal?: AbortSignal;
}

/** How long an answer is waited for. */
export interface Patience {
  /** Wait after each transmission. */
  readonly timeoutMs: number;
  /** Transmissions after the first. */
  readonly retries: number;
}

export interface Exchange<Answer> {
  /** Name of the request, for the error. */
  readonly what: string;
  /** The datagram of the n-th transmission, n from 0 on. */
  datagram(transmission: number): Buffer;
  /**
   * The answer that a datagram holds; undefined where it is none to this request, and the wait goes on. A
   * MalformedPacket counts as none as well: anyone can send rubbish. Other errors end the exchange.
   */
  accept(datagram: Buffer): Answer | undefined;
}

/** A UDP socket that talks to one BMC. One exchange at a time. */
export interface UdpLink {
  /** `host:port`, for errors. */
  readonly name: string;
  /** Sends, and sends again, until there is an answer. @throws BmcUnreachable @throws ConnectionClosed */
  exchange<Answer>(exchange: Exchange<Answer>, patience: Patience): Promise<Answer>;
  /** Sends what has no answer. */
  send(datagram: Buffer): void;
  /** Ends the exchange under way with ConnectionClosed. */
  close(): Promise<void>;
}

/** @throws BmcUnreachable the name does not resolve, or there is no way to the address */
export const openUdpLink = async ({ host, port, localAddress, signal }: Address): Promise<UdpLink> => {
  const name = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  try {
    const { address, family } = await lookup(host);
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    await connected(socket, address, port, localAddress);
    return linkOver(socket, name, signal);
  } catch (cause) {
    throw new BmcUnreachable(`${name} cannot be reached: ${(cause as Error).message}`, { cause });
  }
};

const connected = (socket: Socket, address: string, port: number, localAddress?: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', fail);
    socket.bind({ port: 0, ...(localAddress ? { address: localAddress } : {}) }, () => {
      socket.connect(port, address, (error?: Error) => {
        if (error) return fail(error);
        socket.off('error', fail);
        resolve();
      });
    });
  });

const linkOver = (socket: Socket, name: string, signal?: AbortSignal): UdpLink => {
  let receive: ((datagram: Buffer) => void) | undefined;
  let abort: ((error: Error) => void) | undefined;
  /** "Port unreachable" and the like: a BMC that restarts says so for a while, so the wait goes on. */
  let lastError: Error | undefined;
  socket.on('message', datagram => receive?.(datagram));
  socket.on('error', error => (lastError = error));

  const send = (datagram: Buffer): void => {
    if (closed) return;
    socket.send(datagram, error => {
      if (error) lastError = error;
    });
  };

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closed ??= new Promise(resolve => {
      signal?.removeEventListener('abort', closeNow);
      abort?.(new ConnectionClosed(name));
      socket.close(() => resolve());
    }));
  const closeNow = (): void => void close();
  signal?.addEventListener('abort', closeNow);
  if (signal?.aborted) closeNow();

  return {
    name,
    send,
    close,

    exchange<Answer>({ what, datagram, accept }: Exchange<Answer>, { timeoutMs, retries }: Patience) {
      return new Promise<Answer>((resolve, reject) => {
        if (closed) return reject(new ConnectionClosed(name));
        let transmission = 0;
        let cancel = (): void => {};
        lastError = undefined;
        const end = (): void => {
          cancel();
          receive = undefined;
          abort = undefined;
        };
        const fail = (error: unknown): void => {
          end();
          reject(error as Error);
        };
        const transmit = (): void => {
          if (transmission > retries) {
            const waitedMs = timeoutMs * (retries + 1);
            return fail(
              new BmcUnreachable(`${name} gave no answer to ${what} in ${waitedMs} ms`, { cause: lastError }),
            );
          }
          cancel = afterListening(timeoutMs, transmit);
          send(datagram(transmission++));
        };
        abort = fail;
        receive = bytes => {
          try {
            const answer = accept(bytes);
            if (answer === undefined) return;
            end();
            resolve(answer);
          } catch (error) {
            if (!(error instanceof MalformedPacket)) fail(error);
          }
        };
        transmit();
      });
    },
  };
};
