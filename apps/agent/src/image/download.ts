import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRequest, type Trust } from '../lookup/http.js';
import type { Journal } from '../logs/journal.js';
import { AgentProblem, imageDownloadError, imageDownloadFatalError, imageDownloadTimeout } from '../problem.js';
import type { ImageInfo } from './image-info.js';
import { proxyFor, tunnel } from './proxy.js';

export interface DownloadOptions {
  readonly trust: Trust;
  readonly connectionTimeoutMs: number;
  readonly retries: number;
  /** The longest pause before a retry; the first one is a tenth of it. */
  readonly retryIntervalMs: number;
  /** 0: no limit. */
  readonly maxDurationMs: number;
  readonly journal: Journal;
}

/** Of the bytes that were given out nothing can be used: the server has another file now, or cannot go on. */
export class StartAgain extends Error {}

export interface Download {
  /** Bytes of the whole file, when the server said so. */
  readonly sizeBytes?: number;
  readonly body: AsyncIterable<Buffer>;
}

interface Opened {
  readonly message: IncomingMessage;
  readonly url: string;
}

const redirects = new Set([301, 302, 303, 307, 308]);

const openOnce = async (url: URL, image: ImageInfo, options: DownloadOptions, range: Record<string, string>) => {
  const proxy = proxyFor(url, image);
  const headers: Record<string, string> = { ...range, Host: url.host };
  // The image's credentials are for the host that they were given for, not for where it redirects to.
  if (image.authorization && image.urls.some(own => new URL(own).host === url.host)) {
    headers.Authorization = image.authorization;
  }
  const request = { url: url.href, headers, timeoutMs: options.connectionTimeoutMs, trust: options.trust };
  if (!proxy) return openRequest(request);
  if (url.protocol === 'http:') return openRequest({ ...request, viaProxy: proxy });
  const socket = await tunnel(proxy, url, options.trust, options.connectionTimeoutMs);
  return openRequest({ ...request, socket });
};

/** Follows redirects, and gives the answer with the address that it came from. */
const open = async (
  start: string,
  image: ImageInfo,
  options: DownloadOptions,
  range: Record<string, string>,
): Promise<Opened> => {
  let url = new URL(start);
  for (let hops = 0; hops < 10; hops++) {
    const message = await openOnce(url, image, options, range);
    if (!redirects.has(message.statusCode ?? 0) || !message.headers.location) return { message, url: url.href };
    message.resume();
    url = new URL(message.headers.location, url);
  }
  throw imageDownloadFatalError(`Download of image ${image.id} failed: more than 10 redirects from ${start}`);
};

const failedStatus = (image: ImageInfo, url: string, status: number): AgentProblem => {
  const text = `Download of image ${image.id} failed: Received status code ${status} from ${url}, expected 200.`;
  // The server understood and says no: asking again gives the same answer.
  return status >= 400 && status < 500 ? imageDownloadFatalError(text) : imageDownloadError(text);
};

/** Where a partial answer begins and how long the whole file is: `Content-Range: bytes 5-9/10` (RFC 9110, 14.4). */
const contentRange = (message: IncomingMessage): { start: number; total?: number } | undefined => {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(message.headers['content-range'] ?? '');
  return match ? { start: Number(match[1]), total: match[2] === '*' ? undefined : Number(match[2]) } : undefined;
};

/**
 * Opens an image's address and gives its bytes once each, in order. When the connection breaks in the middle it goes
 * on from there, as long as the server still has the same file (`If-Range`) and takes ranges; else it throws
 * `StartAgain`. A number of failures in a row, without a byte between them, ends it.
 */
export const download = async (image: ImageInfo, source: string, options: DownloadOptions): Promise<Download> => {
  const deadline = options.maxDurationMs > 0 ? Date.now() + options.maxDurationMs : Infinity;
  let failures = 0;
  let offset = 0;
  let validator: string | undefined = undefined;
  let sizeBytes: number | undefined;

  const pause = async (why: string): Promise<void> => {
    failures++;
    if (failures > options.retries) throw imageDownloadError(`Download of image ${image.id} failed: ${why}`);
    const pauseMs = Math.min(options.retryIntervalMs, (options.retryIntervalMs / 10) * 2 ** (failures - 1));
    options.journal.info(`image ${source}, at byte ${offset}: ${why}; again in ${Math.round(pauseMs)} ms`);
    await sleep(pauseMs);
  };
  const inTime = (): void => {
    if (Date.now() > deadline) {
      throw imageDownloadTimeout(`Download of image ${image.id} took more than ${options.maxDurationMs / 1000} s`);
    }
  };

  const connect = async (): Promise<IncomingMessage> => {
    for (;;) {
      inTime();
      const range = offset > 0 ? { Range: `bytes=${offset}-`, ...(validator && { 'If-Range': validator }) } : {};
      let why: string;
      try {
        const { message, url } = await open(source, image, options, range as Record<string, string>);
        const status = message.statusCode ?? 0;
        if (offset > 0 && status === 206 && contentRange(message)?.start === offset) return message;
        if (offset === 0 && status === 200) return message;
        message.destroy();
        if (offset > 0 && (status === 200 || status === 206 || status === 416))
          throw new StartAgain(`${url} cannot go on`);
        const problem = failedStatus(image, url, status);
        if (problem.type === 'ImageDownloadFatalError') throw problem;
        why = problem.details;
      } catch (error) {
        if (error instanceof AgentProblem || error instanceof StartAgain) throw error;
        why = String(error);
      }
      await pause(why);
    }
  };

  const first = await connect();
  validator = first.headers.etag?.startsWith('W/') ? undefined : (first.headers.etag ?? first.headers['last-modified']);
  if (first.headers['content-length'] !== undefined) sizeBytes = Number(first.headers['content-length']);

  async function* body(): AsyncGenerator<Buffer> {
    for (let message = first; ; message = await connect()) {
      let why = 'the server closed the connection';
      try {
        for await (const chunk of message as AsyncIterable<Buffer>) {
          inTime();
          offset += chunk.length;
          failures = 0;
          yield chunk;
        }
        if (sizeBytes === undefined || offset >= sizeBytes) return;
      } catch (error) {
        if (error instanceof AgentProblem) throw error;
        why = String(error);
      }
      if (!validator) throw new StartAgain(`${source}: ${why}, and nothing tells whether the file is the same`);
      await pause(why);
    }
  }
  return { sizeBytes, body: body() };
};
