import type Database from 'better-sqlite3';
import { closeSync, fsyncSync, openSync } from 'node:fs';
import type { RecordedEvent } from '#domain';
import type { ProjectionSource } from '../sqlite/projection.js';
import { PROJECTED } from '../changes.js';
import { Projection } from '../sqlite/projection.js';
import { markCurrent, openRows } from '../sqlite/open.js';

/** What is read to fill a read model: whole streams. */
export interface FillSource extends Pick<ProjectionSource, 'readBlob'> {
  /** The last event, and how many there are. */
  head(): { readonly position: number; readonly eventId: string; readonly events: number };
  /** Streams whose names begin with one of these, each with its events up to the position, that one included. */
  streams(
    prefixes: readonly string[],
    position: number,
  ): Iterable<{ readonly stream: string; readonly events: readonly RecordedEvent[] }>;
}

/**
 * Fills an empty read model, stream by stream, up to the head of this moment: every row is written once. What was
 * appended meanwhile is the ordinary projection's, which goes on from the checkpoint.
 */
export const fill = (path: string, source: FillSource): { readonly events: number; readonly position: number } => {
  const database = openRows(path);
  try {
    // Nothing of it is of use before it is whole.
    database.pragma('journal_mode = MEMORY');
    database.pragma('synchronous = OFF');
    const filled = fillRows(database, source);
    sync(path);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    markCurrent(database);
    return filled;
  } finally {
    database.close();
  }
};

const fillRows = (database: Database.Database, source: FillSource) => {
  const projection = new Projection(database, { readBlob: source.readBlob, streamBefore: () => [] });
  const { position, eventId, events } = source.head();
  database.exec('BEGIN');
  const indexes = database
    .prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`)
    .all() as { name: string; sql: string }[];
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
  for (const { events } of source.streams(PROJECTED, position)) projection.wholeStream(events);
  // Sorting them once is cheaper than keeping them sorted.
  for (const { sql } of indexes) database.exec(sql);
  database.prepare(`UPDATE checkpoints SET position = ?, event_id = ? WHERE projection = 'all'`).run(position, eventId);
  database.exec('COMMIT');
  return { events, position };
};

const sync = (path: string): void => {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};
