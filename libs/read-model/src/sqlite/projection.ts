import type Database from 'better-sqlite3';
import type { RecordedEvent } from '#domain';
import type { ReadBlob } from '../blobs.js';
import { changesOf } from '../changes.js';
import type { StreamBefore } from '../folds.js';
import { Folds } from '../folds.js';
import { writeChanges, writeWholeStream } from '../write-changes.js';
import type { RowSink } from '../write-changes.js';
import { CheckpointMoved } from '../checkpoint-moved.js';
import { sqliteRows } from './rows.js';

/** Reads of the event store that a projection needs; SQLite answers them in the call. */
export interface ProjectionSource {
  readonly streamBefore: StreamBefore;
  readonly readBlob: ReadBlob;
}

/**
 * Events into rows. A batch and its checkpoint are one transaction, taken only where the checkpoint is the one it was
 * read as. Rows are a function of the events alone: dropping them and building them anew gives the same bytes.
 */
export class Projection {
  readonly #folds: Folds;
  readonly #rows: RowSink;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #moveCheckpoint: Database.Statement;
  #position: number;

  constructor(
    private readonly database: Database.Database,
    private readonly source: ProjectionSource,
  ) {
    this.#folds = new Folds(source.streamBefore);
    this.#rows = sqliteRows(database);
    database.prepare(`INSERT OR IGNORE INTO checkpoints (projection, position, event_id) VALUES ('all', 0, '')`).run();
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#moveCheckpoint = database.prepare(
      `UPDATE checkpoints SET position = ?, event_id = ? WHERE projection = 'all' AND position = ?`,
    );
    this.#position = database
      .prepare(`SELECT position FROM checkpoints WHERE projection = 'all'`)
      .pluck()
      .get() as number;
  }

  get position(): number {
    return this.#position;
  }

  /** All events up to this position are in the rows. Those at or below the checkpoint are passed over. */
  readonly apply = (events: readonly RecordedEvent[]): void => {
    const news =
      events[0] && events[0].position > this.#position
        ? events
        : events.filter(({ position }) => position > this.#position);
    const last = news.at(-1);
    if (!last) return;
    this.#begin.run();
    try {
      const changes = changesOf(news, this.#folds);
      writeChanges(changes, this.#rows, this.source.readBlob);
      for (const { after } of changes.nodes) this.#folds.keep(after);
      if (this.#moveCheckpoint.run(last.position, last.id, this.#position).changes !== 1) throw new CheckpointMoved();
      this.#commit.run();
    } catch (error) {
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      this.#folds.clear();
      throw error;
    }
    this.#position = last.position;
  };

  /** A whole stream at once, into tables without indexes: the transaction and the checkpoint are the caller's. */
  wholeStream(events: readonly RecordedEvent[]): void {
    if (events.length > 0) writeWholeStream(changesOf(events, nothingBefore), this.#rows, this.source.readBlob);
  }
}

const nothingBefore = new Folds(() => [], 0);
