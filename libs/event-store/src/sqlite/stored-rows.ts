import type { RecordedEvent, StoreIdentity } from '#domain';
import type { StoredRow } from '../import-target.js';
import { openDatabase } from './database.js';
import { recordedEvent } from './recorded.js';

/** What is in the file of an event store, as it stands there: for whoever copies it. Changes nothing. */
export interface StoredRows {
  readonly identity: StoreIdentity;
  /** How many events there are. */
  readonly count: number;
  /** In the order of the store, after a position (exclusive). */
  after(position: number, limit: number): StoredRow[];
  /** Up to a position (inclusive), the last one. */
  lastUpTo(position: number): StoredRow | undefined;
  at(stream: string, revision: number): StoredRow | undefined;
  /** Of the streams whose names begin so, one stream after the other, as today's code knows them. */
  eventsOf(prefix: string): RecordedEvent[];
  blobHashes(): string[];
  blob(hash: string): Uint8Array;
  close(): void;
}

const rows = `
  SELECT e.position, s.name AS stream, e.revision, e.id, t.name AS type, e.recorded, e.data, e.metadata
    FROM events e JOIN event_types t ON t.id = e.type JOIN streams s ON s.id = e.stream`;

/** @throws StoreCannotBeOpened */
export const openStoredRows = (path: string): StoredRows => {
  const { database, identity } = openDatabase(path);
  database.pragma('query_only = ON');
  const after = database.prepare(`${rows} WHERE e.position > ? ORDER BY e.position LIMIT ?`);
  const lastUpTo = database.prepare(`${rows} WHERE e.position <= ? ORDER BY e.position DESC LIMIT 1`);
  const at = database.prepare(`${rows} WHERE s.name = ? AND e.revision = ?`);
  const eventsOf = database.prepare(
    `${rows} WHERE s.name >= @prefix AND substr(s.name, 1, length(@prefix)) = @prefix ORDER BY s.name, e.revision`,
  );
  const hashes = database.prepare('SELECT hash FROM blobs ORDER BY hash').pluck();
  const blob = database.prepare('SELECT content FROM blobs WHERE hash = ?').pluck();
  return {
    identity,
    count: database.prepare('SELECT count(*) FROM events').pluck().get() as number,
    after: (position, limit) => after.all(position, limit) as StoredRow[],
    lastUpTo: position => lastUpTo.get(position) as StoredRow | undefined,
    at: (stream, revision) => at.get(stream, revision) as StoredRow | undefined,
    eventsOf: prefix => (eventsOf.all({ prefix }) as StoredRow[]).map(recordedEvent),
    blobHashes: () => hashes.all() as string[],
    blob: hash => blob.get(hash) as Uint8Array,
    close: () => void database.close(),
  };
};
