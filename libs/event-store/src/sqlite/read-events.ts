import Database from 'better-sqlite3';
import type { RecordedEvent } from '#domain';
import type { Row } from './recorded.js';
import { recordedEvent } from './recorded.js';

/** Reads of an event store beside its writer, in another thread or process. */
export const readEvents = (path: string) => {
  const database = new Database(path, { readonly: true });
  database.pragma('cache_size = -16000');
  const last = database.prepare('SELECT position, id AS eventId FROM events ORDER BY position DESC LIMIT 1');
  const names = database.prepare('SELECT id, name FROM streams ORDER BY id');
  const types = new Map(
    (database.prepare('SELECT id, name FROM event_types').raw().all() as [number, string][]).values(),
  );
  const idOf = database.prepare('SELECT id FROM streams WHERE name = ?').pluck();
  const ofStream = database.prepare(
    'SELECT position, revision, id, type, recorded, data, metadata FROM events WHERE stream = ? ORDER BY revision',
  );
  const blob = database.prepare('SELECT content FROM blobs WHERE hash = ?').pluck();
  const ids = new Map<string, number>();
  const stream = (name: string): RecordedEvent[] => {
    const rows = ofStream.all(ids.get(name) ?? idOf.get(name)) as (Omit<Row, 'type' | 'stream'> & { type: number })[];
    return rows.map(row =>
      recordedEvent({ ...row, stream: name, type: types.get(row.type) ?? typeName(database, types, row.type) }),
    );
  };
  return {
    head: () => (last.get() as { position: number; eventId: string } | undefined) ?? { position: 0, eventId: '' },
    *streamNames(): Generator<string> {
      for (const { id, name } of names.all() as { id: number; name: string }[]) {
        ids.set(name, id);
        yield name;
      }
    },
    streamUntil: (name: string, position: number) => {
      const events = stream(name);
      return (events.at(-1)?.position ?? 0) <= position ? events : events.filter(event => event.position <= position);
    },
    stream: (name: string, before: number) => stream(name).filter(({ revision }) => revision < before),
    blob: (hash: string) => blob.get(hash) as Uint8Array,
    close: () => database.close(),
  };
};

/** A type that came after this began to read. */
const typeName = (database: Database.Database, types: Map<number, string>, id: number): string => {
  const name = database.prepare('SELECT name FROM event_types WHERE id = ?').pluck().get(id) as string;
  types.set(id, name);
  return name;
};
