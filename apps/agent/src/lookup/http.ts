import {
  request as plainRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Socket } from 'node:net';

/** How to trust a server: `insecure` for any, `ca` for those that a PEM text vouches for, else the ramdisk's list. */
export interface Trust {
  readonly insecure: boolean;
  readonly ca?: readonly string[];
}

export interface HttpRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'HEAD';
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Until the answer begins, and between two pieces of it. */
  readonly timeoutMs: number;
  readonly trust: Trust;
  readonly signal?: AbortSignal;
  /** Asks this proxy, which is given the whole address. */
  readonly viaProxy?: string;
  /** A connection that stands already. */
  readonly socket?: Socket;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const connection = ({ url, trust, viaProxy, socket }: HttpRequest): RequestOptions & { ca?: string[] } => {
  const target = new URL(url);
  if (viaProxy) {
    const proxy = new URL(viaProxy);
    return { host: proxy.hostname, port: proxy.port || 80, path: url, agent: false };
  }
  const tls = target.protocol === 'https:' && { ca: trust.ca && [...trust.ca], rejectUnauthorized: !trust.insecure };
  // Connections are not kept: minutes pass between two heartbeats.
  return { ...(socket ? { createConnection: () => socket } : { agent: false }), ...tls };
};

/** The head of an answer; its body is left to be read. */
export const openRequest = (request: HttpRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const url = new URL(request.url);
    const options: RequestOptions = {
      method: request.method ?? 'GET',
      headers: {
        ...request.headers,
        ...(request.body !== undefined && { 'Content-Length': Buffer.byteLength(request.body) }),
      },
      timeout: request.timeoutMs,
      signal: request.signal,
      ...connection(request),
    };
    // A socket through a proxy's tunnel speaks TLS already.
    const send = url.protocol === 'https:' && !request.socket ? tlsRequest : plainRequest;
    const outgoing = request.viaProxy ? send(options, resolve) : send(urlFor(url, request), options, resolve);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${url.host} in ${request.timeoutMs} ms`)));
    outgoing.on('error', reject);
    outgoing.end(request.body);
  });

/** Node's plain client refuses an https address, and through a tunnel it is the plain client that asks. */
const urlFor = (url: URL, request: HttpRequest): URL =>
  request.socket ? new URL(url.href.replace(/^https:/, 'http:')) : url;

export interface BinaryAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** A whole exchange. Rejects when no answer comes; any status is an answer. */
export const exchangeBytes = async (request: HttpRequest): Promise<BinaryAnswer> => {
  const answer = await openRequest(request);
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: answer.statusCode ?? 0, headers: answer.headers, bytes: Buffer.concat(chunks) };
};

export const exchange = async (request: HttpRequest): Promise<HttpAnswer> => {
  const { status, headers, bytes } = await exchangeBytes(request);
  return { status, headers, text: bytes.toString() };
};
