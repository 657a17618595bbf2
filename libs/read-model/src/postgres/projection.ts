import type { BlobStore, EventStore, RecordedEvent } from '#domain';
import type { Pool } from '#postgres';
import type { ReadBlob } from '../blobs.js';
import { readBlobsOf } from '../blobs.js';
import type { Changes } from '../changes.js';
import { changesOf, PROJECTED } from '../changes.js';
import { Folds } from '../folds.js';
import { writeChanges } from '../write-changes.js';
import type { Generation } from './generations.js';
import { schemaOf, writeBehindFence } from './generations.js';
import { RowBatch } from './row-batch.js';

/** Reads of the event store that a projection needs. */
export type EventSource = Pick<EventStore, 'readStream' | 'readAll' | 'identity'> & Pick<BlobStore, 'get'>;

/**
 * Events into the rows of a generation. A batch and its checkpoint are one transaction, taken only where the checkpoint
 * is the one that is known here. One batch after another is the caller's.
 */
export class PostgresProjection {
  readonly #folds: Folds;
  readonly #before = new Map<string, readonly RecordedEvent[]>();
  #position: number;

  constructor(
    private readonly pool: Pool,
    private readonly generation: Generation,
    private readonly source: EventSource,
    keptFolds?: number,
  ) {
    this.#position = generation.position;
    this.#folds = new Folds(stream => this.#before.get(stream)!, keptFolds);
  }

  get position(): number {
    return this.#position;
  }

  /**
   * All events up to the last one are in the rows then. Those at or below the checkpoint are passed over.
   *
   * @throws CheckpointMoved another projector was here, or another generation is in force: this one is of no use any more
   */
  async apply(events: readonly RecordedEvent[]): Promise<void> {
    const news = events.filter(({ position }) => position > this.#position);
    const last = news.at(-1);
    if (!last) return;
    try {
      const changes = await this.#changesOf(news);
      const rows = new RowBatch();
      writeChanges(changes, rows, await this.#blobsOf(changes));
      const { number } = this.generation;
      const place = { number, position: this.#position };
      await writeBehindFence(this.pool, place, last, query => rows.writeTo(schemaOf(number), query));
      for (const { after } of changes.nodes) this.#folds.keep(after);
      this.#position = last.position;
    } catch (error) {
      this.#folds.clear();
      throw error;
    }
  }

  async #changesOf(events: readonly RecordedEvent[]): Promise<Changes> {
    const firsts = new Map<string, RecordedEvent>();
    for (const event of events)
      if (!firsts.has(event.stream) && PROJECTED.some(prefix => event.stream.startsWith(prefix)))
        firsts.set(event.stream, event);
    const lacking = [...firsts.values()].filter(event => this.#folds.lacks(event));
    try {
      await Promise.all(lacking.map(event => this.#readBefore(event)));
      return changesOf(events, this.#folds);
    } finally {
      this.#before.clear();
    }
  }

  async #readBefore({ stream, revision }: RecordedEvent): Promise<void> {
    const events = await this.source.readStream(stream, 0, revision);
    if (events.length !== revision) throw new Error(`${stream} could not be read up to revision ${revision}`);
    this.#before.set(stream, events);
  }

  async #blobsOf({ nodes }: Changes): Promise<ReadBlob> {
    const contents = new Map<string, Uint8Array>();
    for (const { after } of nodes)
      await readBlobsOf(after, hash => this.source.get({ $blob: hash, sizeBytes: 0 }), contents);
    return hash => contents.get(hash)!;
  }
}
