import type { Pool } from '#postgres';
import { openPool } from '#postgres';
import { inHex } from '#testing';
import { buildGeneration } from '../postgres/build.js';
import type { Generation } from '../postgres/generations.js';
import { Generations, schemaOf } from '../postgres/generations.js';
import { PostgresReadModel } from '../postgres/postgres-read-model.js';
import { PostgresProjection } from '../postgres/projection.js';
import { columnsOf } from '../schema/columns.js';
import type { Events, ReadModelScene, Tables } from './scene.js';

/** What of a server of PostgreSQL is needed. */
interface Server {
  /** URL of a database that nobody else uses. */
  database(): Promise<string>;
  stop(): Promise<void>;
}

/** Generations in a database: each name is one. Rebuilding has a database of its own: it drops what is of no use. */
export const postgresScene = async (server: Server): Promise<ReadModelScene> => {
  const url = await server.database();
  const pool = openPool({ url, name: 'specs', connections: 3 });
  const rebuildingUrl = await server.database();
  const rebuilding = openPool({ url: rebuildingUrl, name: 'specs: rebuilding', connections: 3 });
  const generations = new Map<string, number>();

  const generation = async (number: number): Promise<Generation> => {
    const text = 'SELECT number, position, event_id AS "eventId" FROM ferrolog_read.generations WHERE number = $1';
    return ((await pool.query(text, [number])).rows as Generation[])[0]!;
  };
  const dump = async (pool: Pool, { number, position, eventId }: Generation): Promise<Tables> => {
    const tables: Tables = { checkpoints: [{ projection: 'all', position, event_id: eventId }] };
    for (const [table, [key]] of Object.entries(columnsOf))
      tables[table] = (await pool.query(`SELECT * FROM ${schemaOf(number)}.${table} ORDER BY ${key}`)).rows.map(inHex);
    return tables;
  };
  const sourceOf = (events: Events) => ({
    identity: events.identity,
    readStream: async (stream: string, from?: number, limit?: number) => events.streamOf(stream, from).slice(0, limit),
    readAll: () => Promise.reject(new Error('only a rebuild reads all')),
    get: async ({ $blob }: { readonly $blob: string }) => events.blob($blob),
  });

  return {
    async open(events, name) {
      const key = `${events.identity.storeId} ${name}`;
      const number = generations.get(key) ?? (await (await Generations.open(pool, events.identity)).create()).number;
      generations.set(key, number);
      const projection = new PostgresProjection(pool, await generation(number), sourceOf(events));
      const model = await PostgresReadModel.open(url, await generation(number));
      return {
        model,
        get position() {
          return projection.position;
        },
        apply: batch => projection.apply(batch),
        dump: async () => dump(pool, await generation(number)),
        close: () => model.close(),
      };
    },
    async rebuilt({ events }) {
      const all = await Generations.open(rebuilding, events.identity);
      await buildGeneration({ url: rebuildingUrl, pool: rebuilding, generations: all, source: events });
      return dump(rebuilding, (await all.current())!);
    },
    async close() {
      await pool.end();
      await rebuilding.end();
      await server.stop();
    },
  };
};
