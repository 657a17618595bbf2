import type { EventFilter } from '#domain';
import { SCHEMA } from './schema.js';

export const COLUMNS = 'position, stream, revision, id, type, recorded, data, metadata';
const events = `${SCHEMA}.events`;

/** A name makes the server keep its plan. */
export const statements = {
  append: {
    name: 'append',
    text: `SELECT head, at, actual FROM ${SCHEMA}.append($1, $2, $3, $4, $5, $6, $7, $8)`,
  },
  identity: { text: `SELECT store_id AS "storeId", generation FROM ${SCHEMA}.store` },
  origin: {
    text: `
      SELECT moved_from AS "storeId", moved_from_generation AS generation, 0 AS "upTo", is_moved AS "isComplete"
        FROM ${SCHEMA}.store WHERE moved_from IS NOT NULL`,
  },
  beginGeneration: { text: `UPDATE ${SCHEMA}.store SET generation = generation + 1 RETURNING generation` },
  head: { name: 'head', text: `SELECT position FROM ${SCHEMA}.log` },
  positionAt: { text: `SELECT ${SCHEMA}.position_at($1) AS position` },
  stream: {
    name: 'stream',
    text: `SELECT ${COLUMNS} FROM ${events} WHERE stream = $1 AND revision >= $2 ORDER BY revision LIMIT $3`,
  },
  streamBackwards: {
    name: 'streamBackwards',
    text: `SELECT ${COLUMNS} FROM ${events} WHERE stream = $1 ORDER BY revision DESC LIMIT $2`,
  },
  places: {
    name: 'places',
    text: `SELECT ${COLUMNS} FROM unnest($1::text[], $2::bigint[]) AS wanted (stream, revision) JOIN ${events} USING (stream, revision)`,
  },
  putBlob: { text: `INSERT INTO ${SCHEMA}.blobs (hash, content) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING` },
  blob: { text: `SELECT content FROM ${SCHEMA}.blobs WHERE hash = $1` },
};

/**
 * One page and the head of the same instant. Positions have no holes, so a page is as many positions; what a filter
 * does not pass stays with the server.
 */
export const page = (after: number, limit: number, { streams, types }: EventFilter = {}) => ({
  name: 'page',
  text: `
    SELECT log.position AS head, event.*
      FROM ${SCHEMA}.log LEFT JOIN LATERAL (
        SELECT ${COLUMNS} FROM ${events}
         WHERE position > $1::bigint AND position <= $1 + $2::bigint
           AND ($3::text[] IS NULL OR EXISTS (SELECT FROM unnest($3::text[]) AS prefix WHERE starts_with(stream, prefix)))
           AND ($4::text[] IS NULL OR EXISTS (SELECT FROM unnest($4::text[]) AS prefix WHERE starts_with(type, prefix)))
      ) AS event ON true
     ORDER BY event.position`,
  values: [after, limit, streams?.length ? streams : null, types?.length ? types : null],
});
