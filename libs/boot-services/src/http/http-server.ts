import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Content, Contents } from '../content.js';
import { rangeOf } from './ranges.js';

/** Who takes nothing for so long is gone. */
const IDLE_MS = 60_000;
const MAX_CONNECTIONS = 4096;

export interface HttpSettings {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly contents: Contents;
  readonly report: (message: string, details: object) => void;
}

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves contents to machines by HTTP: GET and HEAD, with ranges (RFC 9110). */
export const serveHttp = async ({ address, port, contents, report }: HttpSettings): Promise<Listening> => {
  const server = createServer((request, response) => {
    answer(request, response, contents).catch((error: unknown) => {
      // A client that went away is no fault of ours.
      if (!request.destroyed && !response.headersSent) report('a boot file cannot be served', { error });
      response.destroy();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(IDLE_MS);
  server.listen(port, address);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
};

const closed = async (server: Server): Promise<void> => {
  const end = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await end;
};

const answer = async (request: IncomingMessage, response: ServerResponse, contents: Contents): Promise<void> => {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, { allow: 'GET, HEAD' });
  const path = pathOf(request.url ?? '/');
  const content = path === undefined ? undefined : contents(path);
  if (!content) return refuse(response, 404);
  if (content.kind === 'text') return sendText(request, response, content);
  // Withdrawn between question and answer.
  const file = await open(content.path, 'r').catch(() => undefined);
  if (!file) return refuse(response, 404);
  try {
    await sendFile(request, response, file);
  } finally {
    await file.close();
  }
};

const pathOf = (url: string): string | undefined => {
  try {
    return decodeURIComponent(url.replace(/[?#].*$/s, '')).replace(/^\/+/, '');
  } catch {
    return undefined;
  }
};

const refuse = (response: ServerResponse, status: number, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { ...headers, 'content-length': 0 }).end();
};

const sendText = (
  { method }: IncomingMessage,
  response: ServerResponse,
  { text, type = 'text/plain; charset=utf-8' }: Content & { kind: 'text' },
): void => {
  const bytes = Buffer.from(text);
  response.writeHead(200, { 'content-type': type, 'content-length': bytes.length, 'cache-control': 'no-store' });
  response.end(method === 'HEAD' ? undefined : bytes);
};

const sendFile = async (request: IncomingMessage, response: ServerResponse, file: FileHandle): Promise<void> => {
  const { size, ino, mtime } = await file.stat();
  const etag = `"${createHash('sha256').update(`${ino} ${size} ${mtime.getTime()}`).digest('base64url').slice(0, 22)}"`;
  const lastModified = mtime.toUTCString();
  const headers = { etag, 'last-modified': lastModified, 'accept-ranges': 'bytes' };
  // Whoever has the beginning of another file gets all of this one (RFC 9110, 13.1.5).
  const { range: asked, 'if-range': condition } = request.headers;
  const isSame = condition === undefined || condition === etag || condition === lastModified;
  const range = request.method === 'GET' && isSame ? rangeOf(asked, size) : undefined;
  if (range === 'unsatisfiable') return refuse(response, 416, { ...headers, 'content-range': `bytes */${size}` });
  const { start, end } = range ?? { start: 0, end: size - 1 };
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'content-type': 'application/octet-stream',
    'content-length': end - start + 1,
    ...(range && { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) return void response.end();
  await pipeline(file.createReadStream({ start, end, autoClose: false }), response);
};
