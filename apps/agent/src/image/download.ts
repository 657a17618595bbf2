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

/** Where a partial answer begins: `Content-Range: bytes 5-9/10` (RFC 9110, 14.4). */
const rangeStart = (message: IncomingMessage): number | undefined => {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(message.headers['content-range'] ?? '');
  return match ? Number(match[1]) : undefined;
};

/**
 * One address of an image, read from its start to its end, each byte once and in order. When the connection breaks in
 * the middle it goes on from there, as long as the server still has the same file (`If-Range`) and takes ranges; else
 * it throws `StartAgain`. A number of failures in a row, without a byte between them, ends it.
 */
export class Download {
  private readonly deadline: number;
  private failures = 0;
  private offset = 0;
  private validator?: string;
  private message!: IncomingMessage;
  /** Bytes of the whole file, when the server said so. */
  sizeBytes?: number;

  private constructor(
    private readonly image: ImageInfo,
    private readonly source: string,
    private readonly options: DownloadOptions,
  ) {
    this.deadline = options.maxDurationMs > 0 ? Date.now() + options.maxDurationMs : Infinity;
  }

  static async open(image: ImageInfo, source: string, options: DownloadOptions): Promise<Download> {
    const download = new Download(image, source, options);
    await download.connect();
    return download;
  }

  async *body(): AsyncGenerator<Buffer> {
    for (;;) {
      let why = 'the server closed the connection';
      try {
        for await (const chunk of this.message as AsyncIterable<Buffer>) {
          this.requireTime();
          this.offset += chunk.length;
          this.failures = 0;
          yield chunk;
        }
        if (this.sizeBytes === undefined || this.offset >= this.sizeBytes) return;
      } catch (error) {
        if (error instanceof AgentProblem) throw error;
        why = String(error);
      }
      if (this.offset > 0 && !this.validator) {
        throw new StartAgain(`${this.source}: ${why}, and nothing tells whether the file is the same`);
      }
      await this.pause(why);
      await this.connect();
    }
  }

  /** Ends the connection of a download that is of no more use. */
  close(): void {
    this.message.destroy();
  }

  private async connect(): Promise<void> {
    for (;;) {
      this.requireTime();
      try {
        const problem = await this.ask();
        if (!problem) return;
        if (problem.type === 'ImageDownloadFatalError') throw problem;
        await this.pause(problem.details);
      } catch (error) {
        if (error instanceof AgentProblem || error instanceof StartAgain) throw error;
        await this.pause(String(error));
      }
    }
  }

  /** Asks for what is missing. Gives what is wrong with the answer, if anything is. */
  private async ask(): Promise<AgentProblem | undefined> {
    const range: Record<string, string> = this.offset > 0 ? { Range: `bytes=${this.offset}-` } : {};
    if (this.offset > 0 && this.validator) range['If-Range'] = this.validator;
    const { message, url } = await open(this.source, this.image, this.options, range);
    const status = message.statusCode ?? 0;
    if (this.offset === 0 && status === 200) return this.begin(message);
    if (this.offset > 0 && status === 206 && rangeStart(message) === this.offset) {
      this.message = message;
      return undefined;
    }
    message.destroy();
    const cannotGoOn = status === 200 || status === 206 || status === 416;
    if (this.offset > 0 && cannotGoOn) throw new StartAgain(`${url} cannot go on at byte ${this.offset}`);
    return failedStatus(this.image, url, status);
  }

  private begin(message: IncomingMessage): undefined {
    const { etag, 'last-modified': lastModified, 'content-length': length } = message.headers;
    this.message = message;
    // A weak tag does not promise the same bytes.
    this.validator = etag?.startsWith('W/') ? undefined : (etag ?? lastModified);
    this.sizeBytes = length === undefined ? undefined : Number(length);
  }

  private async pause(why: string): Promise<void> {
    const { retries, retryIntervalMs, journal } = this.options;
    this.failures++;
    if (this.failures > retries) throw imageDownloadError(`Download of image ${this.image.id} failed: ${why}`);
    const pauseMs = Math.min(retryIntervalMs, (retryIntervalMs / 10) * 2 ** (this.failures - 1));
    journal.info(`image ${this.source}, at byte ${this.offset}: ${why}; again in ${Math.round(pauseMs)} ms`);
    await sleep(pauseMs);
  }

  private requireTime(): void {
    if (Date.now() <= this.deadline) return;
    const seconds = this.options.maxDurationMs / 1000;
    throw imageDownloadTimeout(`Download of image ${this.image.id} took more than ${seconds} s`);
  }
}
