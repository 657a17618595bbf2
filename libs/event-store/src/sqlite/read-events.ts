import Database from 'better-sqlite3';
import type { RecordedEvent } from '#domain';
import { recordedEvent } from './recorded.js';

/** Streams that are read with one query. */
const STREAMS_AT_ONCE = 100;

type RawEvent = [
  stream: number,
  position: number,
  revision: number,
  id: string,
  type: number,
  recorded: number,
  data: string,
  metadata: string,
];

/** Reads of an event store beside its writer, in another thread or process. */
export const readEvents = (path: string) => {
  const database = new Database(path, { readonly: true });
  database.pragma('cache_size = -16000');
  const last = database.prepare(
    'SELECT position, id AS eventId, (SELECT count(*) FROM events) AS events FROM events ORDER BY position DESC LIMIT 1',
  );
  const names = database.prepare('SELECT id, name FROM streams ORDER BY id').raw();
  const typeNames = database.prepare('SELECT id, name FROM event_types').raw();
  const ofStreams = database
    .prepare(
      `SELECT stream, position, revision, id, type, recorded, data, metadata FROM events
       WHERE stream IN (SELECT value FROM json_each(?)) AND position <= ? ORDER BY stream, revision`,
    )
    .raw();
  const blob = database.prepare('SELECT content FROM blobs WHERE hash = ?').pluck();
  return {
    head: () =>
      (last.get() as { position: number; eventId: string; events: number } | undefined) ?? {
        position: 0,
        eventId: '',
        events: 0,
      },
    *streams(
      prefixes: readonly string[],
      upTo: number,
    ): Generator<{ readonly stream: string; readonly events: readonly RecordedEvent[] }> {
      const types = new Map(typeNames.all() as [number, string][]);
      const wanted = (names.all() as [number, string][]).filter(([, name]) =>
        prefixes.some(prefix => name.startsWith(prefix)),
      );
      for (let from = 0; from < wanted.length; from += STREAMS_AT_ONCE) {
        const some = new Map(wanted.slice(from, from + STREAMS_AT_ONCE));
        const rows = ofStreams.all(JSON.stringify([...some.keys()]), upTo) as RawEvent[];
        for (let at = 0; at < rows.length;) {
          const [id] = rows[at]!;
          const stream = some.get(id)!;
          const events: RecordedEvent[] = [];
          for (; rows[at]?.[0] === id; at++) events.push(eventOf(stream, rows[at]!, types));
          yield { stream, events };
        }
      }
    },
    blob: (hash: string) => blob.get(hash) as Uint8Array,
    close: () => database.close(),
  };
};

const eventOf = (
  stream: string,
  [, position, revision, id, type, recorded, data, metadata]: RawEvent,
  types: ReadonlyMap<number, string>,
): RecordedEvent => recordedEvent({ position, stream, revision, id, type: types.get(type)!, recorded, data, metadata });
