import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

export type Algorithm = 'md5' | 'sha256' | 'sha512';

export interface Checksum {
  readonly algorithm: Algorithm;
  /** Hexadecimal digits in lower case. */
  readonly value: string;
}

/** It is not there, or nobody answers. */
export class SourceMissing extends Error {}
/** It is there, and not for us: its place or its size. */
export class SourceRefused extends Error {}
export class ChecksumWrong extends Error {}

/** Where files may come from. */
export interface Places {
  /** Folders that `file:` URLs of users may name files in, as Ironic's `[conductor]file_url_allowed_paths`. */
  readonly folders: readonly string[];
  /** URLs of the configuration, which may name any file. */
  readonly trusted: ReadonlySet<string>;
}

/** A server that is silent for so long is gone. */
const SILENCE_MS = 60_000;
const HEAD_MS = 5_000;

/** As it may be shown: without user, password and query, where signatures are. */
export const shown = (url: string): string => {
  const parsed = URL.parse(url);
  if (!parsed) return 'no URL';
  return parsed.protocol === 'file:' ? parsed.href : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
};

/** What is behind a URL now. */
export interface Look {
  /** After redirects. */
  readonly url: string;
  readonly sizeBytes?: number;
  /** Changes when the content does; none where nobody can tell. */
  readonly version?: string;
}

/**
 * Asks without fetching (HEAD, at most 5 s).
 *
 * @throws SourceMissing · SourceRefused
 */
export const look = async (url: string, places: Places): Promise<Look> => {
  if (isFile(url)) {
    const { size, mtimeMs, ino } = await stat(await fileOf(url, places));
    return { url, sizeBytes: size, version: `${ino} ${size} ${mtimeMs}` };
  }
  const response = await ask(url, { method: 'HEAD', signal: AbortSignal.timeout(HEAD_MS) });
  const length = response.headers.get('content-length');
  const validator = response.headers.get('etag') ?? response.headers.get('last-modified');
  return {
    url: response.redirected ? response.url : url,
    ...(length !== null && { sizeBytes: Number(length) }),
    ...(validator !== null && { version: `${validator} ${length}` }),
  };
};

/**
 * Fetches all of it into a new file.
 *
 * @param maxBytes more than this is refused, whatever the server said before
 * @throws SourceMissing · SourceRefused · ChecksumWrong
 */
export const download = async (
  url: string,
  to: string,
  places: Places,
  { checksum, maxBytes }: { checksum?: Checksum; maxBytes: number },
): Promise<void> => {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`silent for ${SILENCE_MS / 1000} s`)), SILENCE_MS);
  const hash = checksum && createHash(checksum.algorithm);
  let bytes = 0;
  const watched = new Transform({
    transform(chunk: Buffer, _, done) {
      timer.refresh();
      hash?.update(chunk);
      bytes += chunk.length;
      done(bytes > maxBytes ? new SourceRefused(`${shown(url)} is larger than ${maxBytes} bytes`) : null, chunk);
    },
  });
  try {
    const source = await opened(url, places, silence.signal);
    await pipeline(source, watched, createWriteStream(to, { flags: 'wx', mode: 0o600 }), { signal: silence.signal });
  } catch (error) {
    if (error instanceof SourceRefused || error instanceof SourceMissing) throw error;
    if (isOurDisk(error)) throw error;
    throw new SourceMissing(`${shown(url)} broke off: ${reasonOf(silence.signal.reason ?? error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
  const actual = hash?.digest('hex');
  if (checksum && actual !== checksum.value)
    throw new ChecksumWrong(`${shown(url)}: its ${checksum.algorithm} is ${actual}, not ${checksum.value}`);
};

/** A small text, such as a file of checksums. */
export const readText = async (url: string, places: Places, maxBytes: number): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of await opened(url, places, AbortSignal.timeout(SILENCE_MS))) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes) throw new SourceRefused(`${shown(url)} is larger than ${maxBytes} bytes`);
    chunks.push(Buffer.from(chunk as Buffer));
  }
  return Buffer.concat(chunks).toString('utf8');
};

const isFile = (url: string) => URL.parse(url)?.protocol === 'file:';

const opened = async (url: string, places: Places, signal: AbortSignal): Promise<Readable> => {
  if (isFile(url)) return createReadStream(await fileOf(url, places));
  const { body } = await ask(url, { signal });
  return body ? Readable.fromWeb(body as import('node:stream/web').ReadableStream) : Readable.from([]);
};

const ask = async (url: string, init: RequestInit): Promise<Response> => {
  const target = URL.parse(url);
  if (!target || !/^https?:$/.test(target.protocol)) throw new SourceRefused(`${shown(url)} is no http, https or file`);
  // fetch takes no user and password in a URL.
  const { username, password } = target;
  target.username = target.password = '';
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = {
    // What is compressed on the way has neither the length nor the bytes that were asked for.
    'accept-encoding': 'identity',
    ...(username && { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
  };
  const response = await fetch(target, { ...init, headers }).catch((error: unknown) => {
    throw new SourceMissing(`${shown(url)} does not answer: ${reasonOf(error)}`, { cause: error });
  });
  if (response.ok) return response;
  await response.body?.cancel();
  throw new SourceMissing(`${shown(url)} answers ${response.status}`);
};

/** Links are followed before it is judged: one inside of a folder may lead out of it. */
const fileOf = async (url: string, { folders, trusted }: Places): Promise<string> => {
  const missing = (error: unknown) => {
    throw new SourceMissing(`${shown(url)} cannot be read: ${reasonOf(error)}`, { cause: error });
  };
  const path = await realpath(fileURLToPath(url)).catch(missing);
  const isInside = async (folder: string) => path.startsWith((await realpath(folder).catch(() => folder)) + sep);
  if (!trusted.has(url) && !(await Promise.all(folders.map(isInside))).includes(true))
    throw new SourceRefused(`${shown(url)} is not in a folder that files may come from`);
  if (!(await stat(path)).isFile()) throw new SourceRefused(`${shown(url)} is no file`);
  return path;
};

const isOurDisk = (error: unknown) =>
  ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'].includes(String((error as NodeJS.ErrnoException).code));

const reasonOf = (error: unknown): string => {
  const { code, message, cause } = error as { code?: string; message: string; cause?: { code?: string } };
  return typeof code === 'string' ? code : (cause?.code ?? message);
};
