import type Database from 'better-sqlite3';
import type { RecordedEvent } from '#domain';
import type { ProjectionSource } from '../projection.js';
import { Projection } from '../projection.js';
import { markCurrent, openDataSource, openRows, removeDatabase } from './open.js';

/** What a rebuild reads: every stream, whole. */
export interface RebuildSource extends ProjectionSource {
  head(): { readonly position: number; readonly eventId: string };
  streamNames(): Iterable<string>;
  /** Events of a stream up to a position, that one included. */
  streamUntil(stream: string, position: number): readonly RecordedEvent[];
}

const STREAMS_A_COMMIT = 500;

/**
 * Builds a read model from nothing into a file of its own, stream by stream, up to the head of this moment. What was
 * appended meanwhile is the ordinary projection's, which goes on from the checkpoint.
 */
export const rebuildInto = async (
  path: string,
  source: RebuildSource,
  progress: (events: number) => void = () => undefined,
): Promise<{ readonly events: number; readonly position: number }> => {
  removeDatabase(path);
  await (await openDataSource(path)).destroy();
  const database = openRows(path);
  try {
    // Nothing of it is of use before it is whole.
    database.pragma('synchronous = OFF');
    const built = build(database, source, progress);
    markCurrent(database);
    database.pragma('synchronous = FULL');
    database.pragma('wal_checkpoint(TRUNCATE)');
    progress(built.events);
    return built;
  } finally {
    database.close();
  }
};

const build = (database: Database.Database, source: RebuildSource, progress: (events: number) => void) => {
  const projection = new Projection(database, source);
  const { position, eventId } = source.head();
  let [events, streams] = [0, 0];
  database.exec('BEGIN');
  for (const stream of source.streamNames()) {
    const all = source.streamUntil(stream, position);
    projection.wholeStream(stream, all);
    events += all.length;
    if (++streams % STREAMS_A_COMMIT === 0) {
      database.exec('COMMIT; BEGIN');
      progress(events);
    }
  }
  database.prepare(`UPDATE checkpoints SET position = ?, event_id = ? WHERE projection = 'all'`).run(position, eventId);
  database.exec('COMMIT');
  return { events, position };
};
