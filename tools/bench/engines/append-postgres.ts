import pg from 'pg';
import { PostgresEventStore } from '#event-store/postgres';
import { pump } from '../client.js';
import { commandAppending } from './commands.js';
import type { EnginesUnderTest } from './engines-under-test.js';
import { type Appending, race } from './race.js';
import { aNewStream } from './some-events.js';

/** As many as the store has transactions under way. */
const CONNECTIONS = 2;

/** The table of the store, with its indexes; positions as they come. */
const TABLE = `
  CREATE SCHEMA bare;
  CREATE TABLE bare.events (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    recorded bigint NOT NULL,
    data text NOT NULL,
    metadata text NOT NULL
  );
  CREATE UNIQUE INDEX ON bare.events (stream, revision);`;

const INSERT = {
  name: 'insert',
  text: `
    INSERT INTO bare.events (stream, revision, id, type, recorded, data, metadata)
      SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])`,
};

/** The same rows by two connections, in batches of half of what is under way; no revision is looked at. */
const bareAppending =
  (clients: readonly pg.Client[]): Appending =>
  async (events, underWay) => {
    let left = events;
    const fill = async (client: pg.Client): Promise<void> => {
      while (left > 0) {
        const size = Math.min(left, underWay / clients.length);
        left -= size;
        await client.query({ ...INSERT, values: rowsOf(size) });
      }
    };
    await Promise.all(clients.map(fill));
  };

/** By columns. */
const rowsOf = (count: number): unknown[] => {
  const appends = Array.from({ length: count }, aNewStream);
  const events = appends.map(({ events }) => events[0]!);
  return [
    appends.map(({ stream }) => stream),
    appends.map(() => 0),
    events.map(({ id }) => id),
    events.map(({ type }) => type),
    appends.map(() => Date.now()),
    events.map(({ data }) => JSON.stringify(data)),
    events.map(({ metadata }) => JSON.stringify(metadata)),
  ];
};

const storeAppending =
  (store: PostgresEventStore): Appending =>
  (events, underWay) =>
    pump(events, underWay, async () => void (await store.append([aNewStream()])));

/** Rates of the bare client, of the store and of whole commands, round by round. */
export const appendToPostgres = async (
  { postgres, folder }: EnginesUnderTest,
  amounts: { events: number; underWay: number; rounds: number },
): Promise<Map<string, number[]>> => {
  const clients = Array.from({ length: CONNECTIONS }, () => new pg.Client({ connectionString: postgres }));
  for (const client of clients) await client.connect();
  await clients[0]!.query(`DROP SCHEMA IF EXISTS bare CASCADE; ${TABLE}`);
  const store = await PostgresEventStore.open({ url: postgres });
  try {
    return await race(
      [
        { name: 'bare', append: bareAppending(clients) },
        { name: 'store', append: storeAppending(store) },
        { name: 'commands', append: commandAppending(store, folder), part: 1 / 8 },
      ],
      amounts,
    );
  } finally {
    await store.close();
    await Promise.all(clients.map(client => client.end()));
  }
};
