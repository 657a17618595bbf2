import { jsonEvent, type JSONType, KurrentDBClient, NO_STREAM } from '@kurrent/kurrentdb-client';
import { KurrentDbEventStore } from '#event-store/kurrentdb';
import { pump } from '../client.js';
import { commandAppending } from './commands.js';
import type { EnginesUnderTest } from './engines-under-test.js';
import { type Appending, race } from './race.js';
import { aNewStream } from './some-events.js';

const clock = { now: () => Date.now() };

const bareAppending =
  (client: KurrentDBClient): Appending =>
  (events, underWay) =>
    pump(events, underWay, async () => {
      const { stream, events } = aNewStream();
      const made = events.map(({ id, type, data, metadata }) =>
        jsonEvent({ id, type, data: data as JSONType, metadata: { ...metadata } }),
      );
      await client.appendToStream(stream, made, { streamState: NO_STREAM });
    });

const storeAppending =
  (store: KurrentDbEventStore): Appending =>
  (events, underWay) =>
    pump(events, underWay, async () => void (await store.append([aNewStream()])));

/** Rates of the bare client, of the store and of whole commands, round by round. */
export const appendToKurrentDb = async (
  { kurrentDb, folder }: EnginesUnderTest,
  amounts: { events: number; underWay: number; rounds: number },
): Promise<Map<string, number[]>> => {
  const client = KurrentDBClient.connectionString(kurrentDb.replace(/^esdb/, 'kurrentdb'));
  const store = await KurrentDbEventStore.connect({ connectionString: kurrentDb, clock });
  try {
    return await race(
      [
        { name: 'bare', append: bareAppending(client) },
        { name: 'store', append: storeAppending(store) },
        { name: 'commands', append: commandAppending(store, folder), part: 1 / 4 },
      ],
      amounts,
    );
  } finally {
    await store.close();
    await client.dispose();
  }
};
