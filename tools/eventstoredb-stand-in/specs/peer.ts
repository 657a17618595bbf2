import type { EventData, KurrentDBClient, ResolvedEvent } from '@kurrent/kurrentdb-client';

/*
 * Both Node clients, told by one interface: they came from one source and differ in names. Only one of them can be
 * loaded into a realm, for both register the same messages: a spec file each.
 */

type Module = Pick<
  typeof import('@kurrent/kurrentdb-client'),
  'jsonEvent' | 'binaryEvent' | 'streamNameFilter' | 'eventTypeFilter' | 'excludeSystemEvents'
>;

export interface ClientModule extends Module {
  readonly Client: { connectionString(text: string): KurrentDBClient };
}

/** What the specs must know of a client, apart from its names. */
export interface Peculiarities {
  /** Of its connection strings. */
  readonly scheme: 'kurrentdb' | 'esdb';
  /** Whether readAll asks the server to filter. */
  readonly filtersReads: boolean;
  /** Whether what a read finds keeps its milliseconds. */
  readonly keepsMilliseconds: boolean;
  /** What a read tells that the server cannot do, by what the server said. */
  badRead(said: string): Refusal;
}

export interface ClientUnderTest extends Peculiarities {
  readonly name: string;
  readonly module: ClientModule;
}

export type Expectation = bigint | 'any' | 'no_stream' | 'stream_exists';

export interface Connection {
  readonly client: KurrentDBClient;
  append(
    stream: string,
    events: EventData[],
    expected?: Expectation,
    options?: object,
  ): Promise<{ revision: bigint; position: bigint | undefined }>;
  close(): Promise<void>;
}

export const connect = ({ module, scheme }: ClientUnderTest, connectionString: string): Connection => {
  const client = module.Client.connectionString(connectionString.replace('esdb', scheme));
  return {
    client,
    async append(stream, events, expected = 'any', options = {}) {
      // Named differently; each client overlooks the other's name.
      const names = { streamState: expected, expectedRevision: expected };
      const done = await client.appendToStream(stream, events, { ...names, ...options });
      return { revision: done.nextExpectedRevision, position: done.position?.commit };
    },
    close: () => client.dispose(),
  };
};

/** What a refusal says, whatever the client calls it. */
export interface Refusal {
  readonly type: string | undefined;
  readonly code?: number;
  readonly message?: string;
  readonly expected?: Expectation;
  readonly actual?: bigint | 'no_stream';
  readonly leader?: { address: string; port: number };
  readonly maxAppendSize?: number;
}

export const refusalOf = async (promise: Promise<unknown>): Promise<Refusal> => {
  const error = await promise.then(
    value => {
      throw new Error(`Refused was expected, done was ${String(value)}`);
    },
    error => error as Refusal & Record<string, never>,
  );
  const { type, code, message, leader, maxAppendSize } = error;
  if (type === undefined && code === undefined) throw error;
  const expected = error['expectedState'] ?? error['expectedVersion'];
  const actual = error['actualState'] ?? error['actualVersion'];
  return { type, code, message, expected, actual, leader, maxAppendSize };
};

export const collected = async (
  events: AsyncIterable<ResolvedEvent>,
): Promise<NonNullable<ResolvedEvent['event']>[]> => {
  const found = [];
  for await (const { event } of events) found.push(event!);
  return found;
};
