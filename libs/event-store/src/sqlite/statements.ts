import type Database from 'better-sqlite3';

const columns = 'e.position, e.revision, e.id, t.name AS type, e.recorded, e.data, e.metadata';
const joined = 'FROM events e JOIN event_types t ON t.id = e.type';

export const prepareStatements = (database: Database.Database) => ({
  begin: database.prepare('BEGIN IMMEDIATE'),
  commit: database.prepare('COMMIT'),
  rollback: database.prepare('ROLLBACK'),
  last: database.prepare('SELECT position, recorded FROM events ORDER BY position DESC LIMIT 1'),
  recordedUpTo: database
    .prepare('SELECT recorded FROM events WHERE position <= ? ORDER BY position DESC LIMIT 1')
    .pluck(),
  type: database.prepare('SELECT id FROM event_types WHERE name = ?').pluck(),
  newType: database.prepare('INSERT INTO event_types (name) VALUES (?)'),
  place: database.prepare(
    'SELECT s.id, (SELECT max(revision) FROM events e WHERE e.stream = s.id) AS revision FROM streams s WHERE s.name = ?',
  ),
  newStream: database.prepare('INSERT INTO streams (name) VALUES (?)'),
  insert: database.prepare(
    'INSERT INTO events (position, stream, revision, id, type, recorded, data, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  ),
  stream: database.prepare(
    `SELECT ${columns} ${joined} WHERE e.stream = ? AND e.revision >= ? ORDER BY e.revision LIMIT ?`,
  ),
  streamBackwards: database.prepare(`SELECT ${columns} ${joined} WHERE e.stream = ? ORDER BY e.revision DESC LIMIT ?`),
  all: database.prepare(
    `SELECT ${columns}, s.name AS stream ${joined} JOIN streams s ON s.id = e.stream WHERE e.position > ? ORDER BY e.position LIMIT ?`,
  ),
  blob: database.prepare('SELECT content FROM blobs WHERE hash = ?').pluck(),
  putBlob: database.prepare('INSERT OR IGNORE INTO blobs (hash, content) VALUES (?, ?)'),
  setGeneration: database.prepare(`UPDATE store SET value = ? WHERE key = 'generation'`),
});
