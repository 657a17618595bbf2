import type { Clock, RecordedEvent } from '#domain';
import { InvalidAppend, isoOf, OutcomeUnknown, StoreUnavailable, WrongExpectedRevision } from '#domain';
import type { AppendResult, WrongExpectedVersionError } from '@kurrent/kurrentdb-client';
import { NO_STREAM } from '@kurrent/kurrentdb-client';
import type { SerialisedAppend } from '../serialise.js';
import type { Connection } from './connection.js';
import type { Counters } from './counters.js';
import { toStore } from './envelope.js';
import { isA } from './faults.js';
import type { LiveFeed } from './live-feed.js';
import type { Watch } from './own-events.js';
import { inTime, pause } from './patience.js';
import { recorded, type Reader } from './reading.js';
import { isReserved } from './reserved.js';

/** The server's own limit, unless it is told another: the data of all events of one append together. */
export const MAX_APPEND_BYTES = 1024 * 1024;

/**
 * What this server can never take, found before anything is written.
 *
 * @throws InvalidAppend
 */
export const requireAppendable = (appends: readonly SerialisedAppend[]): void => {
  for (const { stream, events } of appends) {
    if (isReserved(stream)) throw new InvalidAppend(`${stream} is a name that the store keeps for itself`);
    const type = events.find(({ type }) => type === '' || type.startsWith('$'))?.type;
    if (type !== undefined) throw new InvalidAppend(`"${type}" is no type for an event in this store`);
    const sizeBytes = events.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
    if (sizeBytes > MAX_APPEND_BYTES)
      throw new InvalidAppend(
        `an append to ${stream} has ${sizeBytes} bytes of data; this store takes ${MAX_APPEND_BYTES} at once`,
      );
  }
};

/** Longer than a feed takes that keeps up, and short for one that does not. */
const BROUGHT_WITHIN_MS = 50;

const isAllOf = ({ events }: SerialisedAppend, stored: readonly RecordedEvent[]): boolean =>
  stored.length === events.length && stored.every(({ id }, index) => id === events[index]!.id);

/** Appends, one stream after another. */
export class Appender {
  readonly #lines = new Map<string, Promise<unknown>>();

  constructor(
    private readonly connection: Connection,
    private readonly reader: Reader,
    private readonly feed: Pick<LiveFeed, 'own' | 'isUp' | 'last'>,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly deadlineMs: number,
    private readonly counters: Counters,
  ) {}

  async append(appends: readonly SerialisedAppend[]): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for (const append of appends) {
      try {
        events.push(...(await this.#inLine(append)));
      } catch (error) {
        // "Unavailable" would say that nothing was written: the streams before this one were.
        if (events.length > 0 && error instanceof StoreUnavailable)
          throw new OutcomeUnknown(`only some of the streams were appended to: ${error.message}`);
        throw error;
      }
    }
    return events;
  }

  /**
   * Of two identical appends that are under way at once, the server drops one and lets it time out. Those of one
   * process stand in line; others race at the server.
   */
  async #inLine(append: SerialisedAppend): Promise<readonly RecordedEvent[]> {
    const place = `${append.stream}/${append.expected}/${append.events[0]!.id}`;
    const before = this.#lines.get(place);
    const mine = (before ?? Promise.resolve()).then(() => this.#appendTo(append));
    const line = mine.catch(() => undefined);
    this.#lines.set(place, line);
    try {
      return await mine;
    } finally {
      if (this.#lines.get(place) === line) this.#lines.delete(place);
    }
  }

  async #appendTo(append: SerialisedAppend): Promise<readonly RecordedEvent[]> {
    const watch = this.feed.own.watch(append.stream, append.expected, append.events.length);
    try {
      const result = await this.#ask(append);
      const stored = (await this.#brought(watch, append, result)) ?? (await this.#stored(append));
      this.counters.appendedEvents += stored.length;
      return stored;
    } finally {
      watch.end();
    }
  }

  /** `streamState` is always given: without it the server would take any revision. */
  async #ask(append: SerialisedAppend): Promise<AppendResult> {
    const now = isoOf(this.clock.now());
    const events = append.events.map(event => toStore(event, now));
    const options = {
      streamState: append.expected < 0 ? NO_STREAM : BigInt(append.expected),
      deadline: this.deadlineMs,
    } as const;
    this.counters.appends++;
    let result: AppendResult;
    try {
      // The client itself lets appends wait for ever.
      result = await this.connection.call('appends', client =>
        inTime(this.deadlineMs, client.appendToStream(append.stream, events, options)),
      );
    } catch (error) {
      throw this.#refusal(error, append);
    }
    const last = Number(result.nextExpectedRevision);
    // Somebody deleted the stream's events by hand, and the server went on counting: the caller has to look again.
    if (last !== append.expected + events.length)
      throw new WrongExpectedRevision(append.stream, named(append.expected), last);
    return result;
  }

  /**
   * What the store holds now, as the live feed brings it: where it is the same as was acknowledged, at the same place.
   * A repeat was brought long before, if the first time got through.
   */
  async #brought(
    { events, complete }: Watch,
    append: SerialisedAppend,
    { position }: AppendResult,
  ): Promise<readonly RecordedEvent[] | undefined> {
    if (!position || !this.feed.isUp) return undefined;
    const place = Number(position.commit);
    if (this.feed.last < place) {
      const waited = new AbortController();
      await Promise.race([complete, pause(BROUGHT_WITHIN_MS, waited.signal)]);
      waited.abort();
    }
    return events.at(-1)?.position === place && isAllOf(append, events) ? events : undefined;
  }

  /**
   * What the store holds now, read back. The server does not tell a repeat from the first time, nor the places of all
   * events but the last.
   */
  async #stored(append: SerialisedAppend): Promise<readonly RecordedEvent[]> {
    const { stream, expected, events } = append;
    try {
      const stored = recorded(await this.reader.stream(stream, expected + 1, events.length));
      if (isAllOf(append, stored)) return stored;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
    this.counters.unknownOutcomes++;
    throw new OutcomeUnknown(`what was appended to ${stream} could not be read back`);
  }

  #refusal(error: unknown, { stream, expected }: SerialisedAppend): unknown {
    if (isA(error, 'wrong-expected-version')) {
      this.counters.conflicts++;
      const { actualState } = error as WrongExpectedVersionError;
      return new WrongExpectedRevision(stream, named(expected), named(revisionOf(actualState)));
    }
    if (error instanceof StoreUnavailable || error instanceof OutcomeUnknown) return error;
    const { type, message } = error as { type?: string; message: string };
    return new InvalidAppend(`the server refuses an append to ${stream}: ${message || type}`);
  }
}

const revisionOf = (state: WrongExpectedVersionError['actualState']): number =>
  typeof state === 'bigint' ? Number(state) : -1;

const named = (revision: number) => (revision < 0 ? 'no stream' : revision);
