import { randomUUID } from 'node:crypto';
import type { StoreIdentity } from '#domain';
import { StoreUnavailable } from '#domain';
import { jsonEvent, NO_STREAM } from '@kurrent/kurrentdb-client';
import type { Connection } from './connection.js';
import { isA, refused } from './faults.js';
import { inTime } from './patience.js';
import type { Reader } from './reading.js';
import { STORE_STREAM } from './reserved.js';

/** The store's name in a stream of its own: whoever comes first gives it, and each restored backup adds an event. */
export class Identity {
  constructor(
    private readonly connection: Connection,
    private readonly reader: Reader,
    private readonly deadlineMs: number,
  ) {}

  async openOrCreate(): Promise<StoreIdentity> {
    const known = await this.#read();
    if (known) return known;
    await this.#append('StoreCreated', { storeId: randomUUID().slice(0, 8), generation: 1 }, NO_STREAM);
    const created = await this.#read();
    if (!created) throw new StoreUnavailable(`the stream ${STORE_STREAM} cannot be read`);
    return created;
  }

  /** After a restored backup: positions of before are void. */
  async nextGeneration({ storeId, generation }: StoreIdentity): Promise<StoreIdentity> {
    await this.#append('GenerationBegun', { storeId, generation: generation + 1 }, BigInt(generation - 1));
    return (await this.#read())!;
  }

  async #read(): Promise<StoreIdentity | undefined> {
    const [last] = await this.reader.streamBackwards(STORE_STREAM, 1);
    return last?.data as unknown as StoreIdentity | undefined;
  }

  /** Where another process was first, its event stands: what counts is read afterwards. */
  async #append(type: string, data: StoreIdentity, streamState: typeof NO_STREAM | bigint): Promise<void> {
    const event = jsonEvent({ type, data: { ...data } });
    try {
      await this.connection.call('appends', client =>
        inTime(this.deadlineMs, client.appendToStream(STORE_STREAM, event, { streamState })),
      );
    } catch (error) {
      if (!isA(error, 'wrong-expected-version')) throw refused(STORE_STREAM, error);
    }
  }
}
