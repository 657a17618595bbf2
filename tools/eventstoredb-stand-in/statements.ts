import type Database from 'better-sqlite3';

const schema = `
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    contentType TEXT NOT NULL,
    created INTEGER NOT NULL,
    data BLOB NOT NULL,
    metadata BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS events_by_stream ON events (stream, revision);
  CREATE INDEX IF NOT EXISTS events_by_id ON events (stream, id);
  CREATE TABLE IF NOT EXISTS marks (position INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE IF NOT EXISTS log (one INTEGER PRIMARY KEY CHECK (one = 1), end INTEGER NOT NULL) STRICT;
`;

/** All integers come as bigint: revisions go up to 2^63 - 1. */
export const prepareStatements = (database: Database.Database) => {
  database.exec(schema);
  const prepare = (sql: string) => database.prepare(sql).safeIntegers();
  return {
    begin: prepare('BEGIN IMMEDIATE'),
    commit: prepare('COMMIT'),
    rollback: prepare('ROLLBACK'),
    end: prepare('SELECT end FROM log').pluck(),
    setEnd: prepare('INSERT OR REPLACE INTO log (one, end) VALUES (1, ?)'),
    mark: prepare('INSERT INTO marks (position) VALUES (?)'),
    insert: prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    last: prepare('SELECT max(revision) FROM events WHERE stream = ?').pluck(),
    newestData: prepare('SELECT data FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1').pluck(),
    revisionOf: prepare('SELECT min(revision) FROM events WHERE stream = ? AND id = ?').pluck(),
    forwards: prepare('SELECT * FROM events WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?'),
    backwards: prepare(
      'SELECT * FROM events WHERE stream = ? AND revision <= ? AND revision >= ? ORDER BY revision DESC LIMIT ?',
    ),
    allForwards: prepare('SELECT * FROM events WHERE position >= ? ORDER BY position LIMIT ?'),
    allBackwards: prepare('SELECT * FROM events WHERE position < ? ORDER BY position DESC LIMIT ?'),
    isRecord: prepare(
      'SELECT 1 FROM events WHERE position = @position UNION SELECT 1 FROM marks WHERE position = @position',
    ),
  };
};
