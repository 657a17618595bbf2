import { createHash, randomUUID, type Hash } from 'node:crypto';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Journal } from '../logs/journal.js';
import { AgentProblem, imageChecksumError, imageDownloadError, invalidImage } from '../problem.js';
import type { ExpectedChecksum } from './checksum.js';
import { DiskRegion, tooSmall } from './disk-region.js';
import { Download, StartAgain, type DownloadOptions } from './download.js';
import { detectFormat, requireFormat } from './formats.js';
import type { ImageInfo } from './image-info.js';
import { openQcow2 } from './qcow2.js';

export interface WriteImage {
  readonly image: ImageInfo;
  readonly checksum: ExpectedChecksum;
  readonly permittedFormats: readonly string[];
  readonly device: string;
  /** Where on the device, in bytes: the whole disk, or a partition. */
  readonly startBytes: number;
  readonly sizeBytes: number;
  /** Room for an image that cannot be written as it comes. */
  readonly temporaryFolder: string;
  readonly downloadOptions: DownloadOptions;
  readonly journal: Journal;
}

/** Everything that was downloaded goes through here, whatever is done with it then. */
async function* hashing(chunks: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** The first bytes of a stream, and the stream with them still in it. */
const peek = async (
  body: AsyncIterable<Buffer>,
  length: number,
): Promise<{ head: Buffer; whole: AsyncIterable<Buffer> }> => {
  const iterator = body[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < length) {
    const next = await iterator.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* whole(): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  }
  return { head, whole: whole() };
};

/** The next piece is fetched and hashed while the one before it is written. */
const stream = async (chunks: AsyncIterable<Buffer>, region: DiskRegion): Promise<number> => {
  let offset = 0;
  let writing: Promise<unknown> = Promise.resolve();
  for await (const chunk of chunks) {
    const failed = (await writing) as Error | undefined;
    if (failed) throw failed;
    writing = region.write(chunk, offset).catch((error: unknown) => error);
    offset += chunk.length;
  }
  const failed = (await writing) as Error | undefined;
  if (failed) throw failed;
  return offset;
};

const unpack = (format: string, chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> => {
  const source = Readable.from(chunks);
  const unpacker = format === 'gzip' ? createGunzip() : createZstdDecompress();
  source.on('error', error => unpacker.destroy(error));
  return source.pipe(unpacker);
};

const verify = (request: WriteImage, hash: Hash): void => {
  const actual = hash.digest('hex');
  if (actual === request.checksum.value) return;
  throw imageChecksumError(
    `Image failed to verify against checksum. location: ${request.device}; image ID: ${request.image.id}; ` +
      `image checksum: ${request.checksum.value}; verification checksum: ${actual}`,
  );
};

/** A qcow2 is read at many places, so it is kept first; only a verified one is opened. */
const spool = async (
  request: WriteImage,
  chunks: AsyncIterable<Buffer>,
  hash: Hash,
  region: DiskRegion,
): Promise<void> => {
  await mkdir(request.temporaryFolder, { recursive: true });
  const path = join(request.temporaryFolder, `image-${randomUUID()}`);
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx+', 0o600);
    for await (const chunk of chunks) await file.writeFile(chunk);
    verify(request, hash);
    const qcow2 = await openQcow2(file);
    if (qcow2.sizeBytes > request.sizeBytes) throw tooSmall(request.sizeBytes, qcow2.sizeBytes);
    await stream(qcow2.clusters(), region);
  } finally {
    await file?.close();
    await rm(path, { force: true });
  }
};

const writeBody = async (request: WriteImage, source: string, body: Download, region: () => Promise<DiskRegion>) => {
  const hash = createHash(request.checksum.algorithm);
  const { head, whole } = await peek(body.body(), 512);
  const format = detectFormat(head, source);
  requireFormat(format, request.image.diskFormat, request.permittedFormats);
  // Before anything on the disk is touched.
  if (format === 'raw' && (body.sizeBytes ?? 0) > request.sizeBytes) throw tooSmall(request.sizeBytes, body.sizeBytes!);
  const target = await region();
  try {
    const hashed = hashing(whole, hash);
    if (format === 'qcow2') await spool(request, hashed, hash, target);
    else {
      const written = await stream(format === 'raw' ? hashed : unpack(format, hashed), target);
      verify(request, hash);
      if (written === 0) throw invalidImage('the image is empty');
    }
    await target.commit();
  } catch (error) {
    await target.clear();
    throw error;
  }
};

const restarts = 3;

const writeFrom = async (request: WriteImage, source: string, disk: FileHandle): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    const body = await Download.open(request.image, source, request.downloadOptions);
    try {
      return await writeBody(request, source, body, () =>
        DiskRegion.begin(disk, request.startBytes, request.sizeBytes),
      );
    } catch (error) {
      if (!(error instanceof StartAgain)) throw error;
      request.journal.info(`the image is fetched from its start again: ${error.message}`);
      if (attempt > restarts) {
        throw imageDownloadError(`Download of image ${request.image.id} failed: ${error.message}`);
      }
    } finally {
      body.close();
    }
  }
};

const isDownloadFailure = (error: unknown): boolean =>
  error instanceof AgentProblem && error.type.startsWith('ImageDownload');

/** Writes an image from the first of its addresses that gives it, verified, or not startable at all. */
export const writeImage = async (request: WriteImage): Promise<void> => {
  const disk = await open(request.device, 'r+');
  try {
    let failure: unknown;
    for (const source of request.image.urls) {
      try {
        return await writeFrom(request, source, disk);
      } catch (error) {
        if (!isDownloadFailure(error)) throw error;
        request.journal.info(String((error as AgentProblem).details));
        failure = error;
      }
    }
    throw failure;
  } finally {
    await disk.close();
  }
};
