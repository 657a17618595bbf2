import { createHash } from 'node:crypto';
import type { BlobReference, BlobStore } from '#domain';
import { BlobMissing } from '#domain';
import { binaryEvent, NO_STREAM } from '@kurrent/kurrentdb-client';
import type { Connection } from './connection.js';
import { uuidV5 } from './envelope.js';
import { isA, refused } from './faults.js';
import { inTime } from './patience.js';
import type { Reader } from './reading.js';
import { BLOB_PREFIX } from './reserved.js';

/** Half of what the server takes in one append. */
const CHUNK_BYTES = 512 * 1024;

/**
 * Blobs as streams of their own, named by the SHA-256 of the content, an event for each chunk. Writing one twice writes
 * nothing: name, places and ids all follow from the content. One that broke off is completed by the next who puts it.
 */
export class Blobs implements BlobStore {
  constructor(
    private readonly connection: Connection,
    private readonly reader: Reader,
    private readonly deadlineMs: number,
  ) {}

  /** @throws StoreUnavailable · OutcomeUnknown: may be repeated */
  async put(content: Uint8Array): Promise<BlobReference> {
    const hash = createHash('sha256').update(content).digest('hex');
    const reference = { $blob: hash, sizeBytes: content.byteLength };
    const count = chunksOf(content.byteLength);
    const [last] = await this.reader.streamBackwards(streamOf(hash), 1);
    for (let place = last ? Number(last.revision) + 1 : 0; place < count; place++) {
      const data = content.subarray(place * CHUNK_BYTES, (place + 1) * CHUNK_BYTES);
      await this.#putChunk(hash, place, data);
    }
    return reference;
  }

  /** @throws BlobMissing where it is not there, not complete or not what its name says */
  async get({ $blob, sizeBytes }: BlobReference): Promise<Uint8Array> {
    const chunks = await this.reader.stream(streamOf($blob), 0, Number.MAX_SAFE_INTEGER);
    if (chunks.length < chunksOf(sizeBytes)) throw new BlobMissing(`there is no blob ${$blob}`);
    const content = Buffer.concat(chunks.map(({ data }) => data as Uint8Array));
    if (createHash('sha256').update(content).digest('hex') !== $blob)
      throw new BlobMissing(`blob ${$blob} is damaged: its content has another digest`);
    return content;
  }

  async #putChunk(hash: string, place: number, data: Uint8Array): Promise<void> {
    const chunk = binaryEvent({ id: uuidV5(`${hash}/${place}`), type: 'BlobChunk', data });
    const streamState = place === 0 ? NO_STREAM : BigInt(place - 1);
    try {
      await this.connection.call('appends', client =>
        inTime(this.deadlineMs, client.appendToStream(streamOf(hash), chunk, { streamState })),
      );
    } catch (error) {
      // Another process puts the same one: whoever wrote this chunk wrote the same bytes.
      if (!isA(error, 'wrong-expected-version')) throw refused(`blob ${hash}`, error);
    }
  }
}

const streamOf = (hash: string): string => `${BLOB_PREFIX}${hash}`;

/** An empty blob has one, so that it is there. */
const chunksOf = (sizeBytes: number): number => Math.max(1, Math.ceil(sizeBytes / CHUNK_BYTES));
