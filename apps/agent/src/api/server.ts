import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureVersion } from 'node:tls';
import { Refusal } from '../problem.js';
import { isBag } from './command.js';
import type { CommandLog } from './command-log.js';
import { rootDocument, versionDocument } from './documents.js';
import { tokenMatches } from './token.js';

export interface AgentApiOptions {
  readonly commands: CommandLog;
  readonly version: string;
  readonly startedAt: Date;
  /** Read at each request: the token comes with the lookup. `null`: the API needs none. */
  readonly token: () => string | null | undefined;
  readonly host: string;
  readonly port: number;
  readonly tls?: { cert: string; key: string; minVersion: SecureVersion; ciphers?: string };
}

export interface AgentApi {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly location?: string;
}

/** A config drive of 64 MiB comes inside the request, as base64. */
const bodyLimitBytes = 128 * 1024 * 1024;

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimitBytes) throw new Refusal(413, '413 Request Entity Too Large: the body is over 128 MiB');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new Refusal(400, '400 Bad Request: The body is not JSON');
  }
};

const requireToken = (options: AgentApiOptions, url: URL): void => {
  const expected = options.token();
  if (expected === null) return;
  if (!tokenMatches(expected, url.searchParams.get('agent_token'))) {
    throw new Refusal(401, '401 Unauthorized: Token invalid.');
  }
};

const postCommand = async (options: AgentApiOptions, request: IncomingMessage, wait: boolean): Promise<Answer> => {
  const body = await readBody(request);
  if (!isBag(body) || typeof body.name !== 'string' || !isBag(body.params)) {
    throw new Refusal(400, '400 Bad Request: Missing or invalid name or params');
  }
  return { status: 200, body: await options.commands.execute(body.name, body.params, wait) };
};

const route = async (options: AgentApiOptions, request: IncomingMessage): Promise<Answer> => {
  const scheme = options.tls ? 'https' : 'http';
  const base = `${scheme}://${request.headers.host ?? 'localhost'}`;
  const url = new URL(request.url ?? '/', base);
  if (url.pathname === '/') return { status: 200, body: rootDocument(base) };
  if (url.pathname === '/v1' || /^(\/v1)?\/commands$/.test(url.pathname)) {
    return { status: 308, location: `${url.pathname}/${url.search}` };
  }
  const path = url.pathname.replace(/^\/v1(?=\/)/, '');
  if (url.pathname === '/v1/') return { status: 200, body: versionDocument(base) };
  if (/^\/status\/?$/.test(path)) {
    return { status: 200, body: { started_at: options.startedAt.getTime() / 1000, version: options.version } };
  }
  const command = /^\/commands\/([^/]*)$/.exec(path);
  if (!command) throw new Refusal(404, '404 Not Found: The requested URL was not found on the server.');
  requireToken(options, url);
  const wait = url.searchParams.get('wait') === 'true';
  const id = decodeURIComponent(command[1]!);
  if (request.method === 'POST' && id === '') return postCommand(options, request, wait);
  if (request.method !== 'GET') throw new Refusal(405, '405 Method Not Allowed: The method is not allowed.');
  if (id === '') return { status: 200, body: { commands: options.commands.list() } };
  return { status: 200, body: await options.commands.get(id, wait) };
};

const failed = (error: unknown): Answer =>
  error instanceof Refusal
    ? { status: error.status, body: { faultcode: 'Client', faultstring: error.fault } }
    : {
        status: 500,
        body: { faultcode: 'Server', faultstring: error instanceof Error ? error.message : String(error) },
      };

const send = (response: ServerResponse, answer: Answer): void => {
  const text = answer.body === undefined ? '' : JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    ...(answer.location && { Location: answer.location }),
  });
  response.end(text);
};

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

/** The REST API that a conductor commands the machine by. */
export const startAgentApi = async (options: AgentApiOptions): Promise<AgentApi> => {
  const handler = (request: IncomingMessage, response: ServerResponse): void =>
    void route(options, request)
      .catch(failed)
      .then(answer => send(response, answer));
  const server = options.tls ? createTlsServer(options.tls, handler) : createPlainServer(handler);
  // A command with wait=true is answered when it has ended, which may be an hour later.
  server.requestTimeout = 0;
  // Without IPv6 in the ramdisk's kernel there is no `::` to listen on.
  await listen(server, options.port, options.host).catch((error: NodeJS.ErrnoException) => {
    if (options.host !== '::' || error.code !== 'EAFNOSUPPORT') throw error;
    return listen(server, options.port, '0.0.0.0');
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
