import type { RecordedEvent, StoreIdentity } from '#domain';
import { isoOf, msOf } from '#domain';
import { jsonEvent, NO_STREAM } from '@kurrent/kurrentdb-client';
import type { ImportTarget, Origin, StoredRow } from '../import-target.js';
import { ImportRefused } from '../import-target.js';
import { MAX_APPEND_BYTES } from './appending.js';
import { Blobs } from './blobs.js';
import { targetOf } from './connection-string.js';
import { Connection } from './connection.js';
import { noCounts } from './counters.js';
import { asStored, positionOf, toStore } from './envelope.js';
import { isA, refused } from './faults.js';
import { Identity } from './identity.js';
import { BEGUN, FINISHED, originIn } from './origin.js';
import { inTime } from './patience.js';
import { Reader } from './reading.js';
import { IMPORT_STREAM, isReserved } from './reserved.js';

export interface KurrentDbImportOptions {
  readonly connectionString: string;
  /** As of the store itself. */
  readonly deadlineMs?: number;
  readonly patienceMs?: number;
}

/** Takes over the events of another store. One append after another: the order of the whole store is that of appends. */
export class KurrentDbImport implements ImportTarget {
  readonly #blobs: Blobs;

  /** @throws ConnectionStringRefused · StoreUnavailable · OutcomeUnknown */
  static async connect({ connectionString, deadlineMs = 6_000, patienceMs = 15_000 }: KurrentDbImportOptions) {
    const counters = noCounts();
    const connection = new Connection(targetOf(connectionString), patienceMs, counters);
    const reader = new Reader(connection, deadlineMs, counters);
    try {
      const identity = await new Identity(connection, reader, deadlineMs).openOrCreate();
      return new KurrentDbImport(identity, connection, reader, deadlineMs);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private constructor(
    readonly identity: StoreIdentity,
    private readonly connection: Connection,
    private readonly reader: Reader,
    private readonly deadlineMs: number,
  ) {
    this.#blobs = new Blobs(connection, reader, deadlineMs);
  }

  origin(): Promise<Origin | undefined> {
    return originIn(this.reader);
  }

  async newest(): Promise<StoredRow | undefined> {
    const event = await this.reader.newest();
    return event && rowOf(asStored(event));
  }

  async begin({ storeId, generation }: StoreIdentity): Promise<void> {
    if (await this.reader.newest()) throw new ImportRefused('The store holds events already.');
    await this.#append(IMPORT_STREAM, -1, [jsonEvent({ type: BEGUN, data: { storeId, generation } })]);
  }

  async putBlob(content: Uint8Array): Promise<void> {
    await this.#blobs.put(content);
  }

  blob(hash: string, sizeBytes: number): Promise<Uint8Array> {
    return this.#blobs.get({ $blob: hash, sizeBytes });
  }

  async append(rows: readonly StoredRow[]): Promise<void> {
    for (const run of runsOf(rows)) {
      const [{ stream, revision }] = run as [StoredRow];
      if (isReserved(stream)) throw new ImportRefused(`${stream} is a name that this store keeps for itself.`);
      const events = run.map(row => toStore(row, isoOf(row.recorded)));
      await this.#append(stream, revision - 1, events);
    }
  }

  async after(position: number, limit: number): Promise<readonly StoredRow[]> {
    let page = await this.reader.page(position, limit, {}, asStored);
    while (page.events.length === 0 && !page.atHead) page = await this.reader.page(page.position, limit, {}, asStored);
    return page.events.map(rowOf);
  }

  async positionOf(stream: string, revision: number): Promise<number> {
    const [event] = await this.reader.stream(stream, revision, 1);
    if (!event) throw new ImportRefused(`${stream} has no revision ${revision} here.`);
    return positionOf(event);
  }

  async finish(): Promise<void> {
    const { storeId, generation } = (await this.origin())!;
    await this.#append(IMPORT_STREAM, 0, [jsonEvent({ type: FINISHED, data: { storeId, generation } })]);
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** The same events at the same revision are taken once, however often the call is repeated. */
  async #append(stream: string, expected: number, events: ReturnType<typeof jsonEvent>[]): Promise<void> {
    const options = {
      streamState: expected < 0 ? NO_STREAM : BigInt(expected),
      deadline: this.deadlineMs,
    } as const;
    try {
      await this.connection.call('appends', client =>
        inTime(this.deadlineMs, client.appendToStream(stream, events, options)),
      );
    } catch (error) {
      if (isA(error, 'wrong-expected-version'))
        throw new ImportRefused(
          `Somebody else has written to the stream ${stream} of this store. Where that was a run of this command that was ended just now, run it again.`,
        );
      throw refused(`an append to ${stream}`, error);
    }
  }
}

const rowOf = ({ data, metadata, recorded, ...event }: RecordedEvent): StoredRow => ({
  ...event,
  recorded: msOf(recorded),
  data: JSON.stringify(data),
  metadata: JSON.stringify(metadata),
});

/** Events of one stream that follow each other in the whole store are one append, as far as the server takes them. */
export const runsOf = (rows: readonly StoredRow[], largestBytes = MAX_APPEND_BYTES / 2): StoredRow[][] => {
  const runs: StoredRow[][] = [];
  let sizeBytes = 0;
  for (const row of rows) {
    const run = runs.at(-1);
    const rowBytes = Buffer.byteLength(row.data) + Buffer.byteLength(row.metadata);
    if (run?.[0]!.stream === row.stream && sizeBytes + rowBytes <= largestBytes) {
      run.push(row);
      sizeBytes += rowBytes;
    } else {
      runs.push([row]);
      sizeBytes = rowBytes;
    }
  }
  return runs;
};
