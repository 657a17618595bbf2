import type { ClientSettings } from '#configuration';
import { VERSION } from '#configuration';
import { exitCodes, Failure } from '../failure.js';
import { refusalOf } from './refusal.js';

/** A Ferrolog server, as commands talk to it. Every method throws Failure with a sentence for the user. */
export interface Client {
  readonly server: string;
  get<T>(path: string): Promise<T>;
  send<T>(method: 'POST' | 'PUT' | 'PATCH', path: string, body?: object): Promise<T>;
  /** An answer that goes on until the signal ends it. */
  stream(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>;
}

/** The server answered, and its answer is no. */
export class Refusal extends Failure {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

const PATIENCE_MS = 30_000;

export const createClient = ({ server, user, password }: ClientSettings, fetch: typeof globalThis.fetch): Client => {
  const headers = {
    accept: 'application/json',
    'user-agent': `ferrolog/${VERSION}`,
    'x-openstack-ironic-api-version': 'latest',
    ...(user !== undefined && { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }),
  };
  const request = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(server + path, { ...init, headers: { ...headers, ...init.headers } }).catch(
      (error: unknown) => {
        throw unreachable(server, error);
      },
    );
    if (!response.ok) throw new Refusal(refusalOf(server, response.status, await response.text()), response.status);
    return response;
  };
  return {
    server,
    get: async path => bodyOf(server, await request(path, { signal: AbortSignal.timeout(PATIENCE_MS) })),
    // What a change takes is the server's business: a rebuild of a large fleet takes minutes.
    send: async (method, path, body) =>
      bodyOf(
        server,
        await request(path, {
          method,
          ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        }),
      ),
    stream: (path, more, signal) => request(path, { headers: { ...more, accept: 'text/event-stream' }, signal }),
  };
};

const bodyOf = async <T>(server: string, response: Response): Promise<T> => {
  const text = await response.text();
  try {
    return (text === '' ? undefined : JSON.parse(text)) as T;
  } catch {
    throw new Failure(`${server} does not answer as Ferrolog does: is it another program?`);
  }
};

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection broke off',
  ENOTFOUND: 'its name is unknown',
  EAI_AGAIN: 'its name cannot be looked up',
  EHOSTUNREACH: 'there is no way to its host',
  ENETUNREACH: 'there is no way to its network',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_SOCKET: 'the connection broke off',
};

/** Also what a stream throws that breaks off in the middle. */
export const unreachable = (server: string, error: unknown): Failure => {
  const { name, message, cause } = error as {
    name: string;
    message: string;
    cause?: { code?: string; message?: string };
  };
  const reason =
    name === 'TimeoutError'
      ? `it did not answer within ${PATIENCE_MS / 1000} s`
      : (reasons[cause?.code ?? ''] ?? cause?.message ?? message);
  const text = `No Ferrolog can be reached at ${server}: ${reason}. Start one with "ferrolog serve", or name another with --server.`;
  return new Failure(text, exitCodes.unreachable, { cause: error });
};
