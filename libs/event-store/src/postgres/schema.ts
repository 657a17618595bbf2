export const SCHEMA = 'ferrolog_events';
/** Told with every commit. */
export const CHANNEL = 'ferrolog_events';
/** Names the lock of those who append ("FLES"). */
export const LOCK = 0x464c4553;

/**
 * `log` has one row, the end of the log. Whoever appends holds a lock from before he looks at his streams until his
 * commit is durable. So positions have the order of the commits and no holes, recorded times never fall, and no reader
 * can pass by a transaction that is still open (docs/adr/0008). `append` is one statement, so that the lock is never
 * held for as long as a client takes to answer; and the lock is none of a row, so that what is refused writes nothing.
 */
const version1 = `
  CREATE TABLE ${SCHEMA}.store (store_id text NOT NULL, generation integer NOT NULL);
  INSERT INTO ${SCHEMA}.store VALUES (substr(gen_random_uuid()::text, 1, 8), 1);

  CREATE TABLE ${SCHEMA}.log (position bigint NOT NULL, recorded bigint NOT NULL);
  INSERT INTO ${SCHEMA}.log VALUES (0, 0);

  CREATE TABLE ${SCHEMA}.events (
    position bigint PRIMARY KEY,
    stream text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    recorded bigint NOT NULL,
    data text NOT NULL,
    metadata text NOT NULL
  );
  CREATE UNIQUE INDEX events_by_stream ON ${SCHEMA}.events (stream, revision);

  CREATE TABLE ${SCHEMA}.blobs (hash text COLLATE "C" PRIMARY KEY, content bytea NOT NULL);

  -- JSON comes as one text, with a unit separator (U+001F) between the events: it never stands in JSON as it is, and
  -- needs no quoting as the elements of an array do.
  -- Writes all events or, where a stream is not at the revision that is expected, none: "actual" tells, stream by stream.
  CREATE FUNCTION ${SCHEMA}.append(
    streams text[], expected bigint[],
    event_streams text[], revisions bigint[], ids text[], types text[], datas text, metadatas text,
    OUT head bigint, OUT at bigint, OUT actual bigint[]
  ) LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_advisory_xact_lock(${LOCK});
    SELECT position, greatest(recorded, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
      INTO STRICT head, at FROM ${SCHEMA}.log;
    SELECT array_agg(coalesce((SELECT max(revision) FROM ${SCHEMA}.events e WHERE e.stream = wanted.stream), -1) ORDER BY n)
      INTO actual FROM unnest(streams) WITH ORDINALITY AS wanted (stream, n);
    IF actual <> expected THEN RETURN; END IF;
    INSERT INTO ${SCHEMA}.events (position, stream, revision, id, type, recorded, data, metadata)
      SELECT head + n, stream, revision, id, type, at, data, metadata
        FROM unnest(event_streams, revisions, ids, types, string_to_array(datas, chr(31)), string_to_array(metadatas, chr(31)))
          WITH ORDINALITY
          AS event (stream, revision, id, type, data, metadata, n);
    UPDATE ${SCHEMA}.log SET position = head + cardinality(ids), recorded = at;
    PERFORM pg_notify('${CHANNEL}', '');
  END $$;

  -- The last position that was recorded no later. Recorded times never fall, so halving finds it.
  CREATE FUNCTION ${SCHEMA}.position_at(instant bigint) RETURNS bigint STABLE LANGUAGE plpgsql AS $$
  DECLARE
    low bigint := 0;
    high bigint;
    middle bigint;
  BEGIN
    SELECT position INTO STRICT high FROM ${SCHEMA}.log;
    WHILE low < high LOOP
      middle := (low + high + 1) / 2;
      IF (SELECT recorded FROM ${SCHEMA}.events WHERE position = middle) <= instant THEN low := middle;
      ELSE high := middle - 1;
      END IF;
    END LOOP;
    RETURN low;
  END $$;
`;

/** The store that the events were moved from, where they were, and whether all of it is there. */
const version2 = `
  ALTER TABLE ${SCHEMA}.store
    ADD COLUMN moved_from text, ADD COLUMN moved_from_generation integer, ADD COLUMN is_moved boolean;
`;

export const migrations = [version1, version2];
