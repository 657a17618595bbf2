import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as resolve } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { refusalOf } from './addresses.js';

/** Sends a body to an address and answers with the status, as it comes: redirects are followed by nobody. */
export interface Poster {
  /** @throws Error whose message can be shown: why there was no answer */
  post(url: URL, headers: Readonly<Record<string, string>>, body: string, signal: AbortSignal): Promise<number>;
  close(): void;
}

/** What a receiver says beyond its status is of no use here; a short answer is read so that the connection can stay. */
const LARGEST_ANSWER_BYTES = 4 * 1024;

/** Over connections that are kept. Names are resolved, and what they stand for is judged, at every new one. */
export const httpPoster = ({ allowPrivate }: { readonly allowPrivate: boolean }): Poster => {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };

  const send = (url: URL, headers: Readonly<Record<string, string>>, body: string, signal: AbortSignal) =>
    new Promise<number>((resolve, reject) => {
      const isSecure = url.protocol === 'https:';
      const rule = { allowPrivate, protocol: url.protocol };
      const outgoing = (isSecure ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent: isSecure ? agents.https : agents.http,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        lookup: guardedLookup(rule),
        signal,
      });
      outgoing.on('error', error => reject(new NoAnswer(error, outgoing.reusedSocket)));
      outgoing.on('response', incoming => {
        const status = incoming.statusCode!;
        let size = 0;
        incoming.on('data', (chunk: Buffer) => {
          if ((size += chunk.length) > LARGEST_ANSWER_BYTES) outgoing.destroy();
        });
        // However the rest of the answer ends, its status has been said.
        incoming.on('error', () => undefined);
        incoming.on('close', () => resolve(status));
      });
      outgoing.end(body);
    });

  return {
    async post(url, headers, body, signal) {
      const host = url.hostname.replace(/^\[|\]$/g, '');
      // What is an address already is not looked up.
      const refusal = isIP(host) ? refusalOf(host, { allowPrivate, protocol: url.protocol }) : undefined;
      if (refusal !== undefined) throw new Error(refusal);
      try {
        return await send(url, headers, body, signal);
      } catch (error) {
        // The receiver may have closed a kept connection in the moment that it was used again.
        if (!(error as NoAnswer).wasStale) throw error;
        return send(url, headers, body, signal);
      }
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
};

class NoAnswer extends Error {
  readonly wasStale: boolean;

  constructor(cause: NodeJS.ErrnoException, reusedSocket: boolean) {
    super(cause instanceof AddressRefused ? cause.message : `no answer: ${cause.code ?? cause.message}`, { cause });
    this.wasStale = reusedSocket && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
  }
}

class AddressRefused extends Error {}

type Rule = Parameters<typeof refusalOf>[1];
type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** Resolves as usual and leaves out what is refused: what was judged is what is connected to. */
const guardedLookup =
  (rule: Rule) =>
  (host: string, options: LookupOptions, found: Found): void =>
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return found(error, []);
      const refusals = addresses.map(({ address }) => refusalOf(address, rule));
      const [first, ...others] = addresses.filter((_, index) => refusals[index] === undefined);
      if (!first) found(new AddressRefused(refusals[0]), []);
      else if (options.all) found(null, [first, ...others]);
      else found(null, first.address, first.family);
    });
