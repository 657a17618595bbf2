import type { EventFilter, Page, RecordedEvent } from '#domain';
import { StoreUnavailable } from '#domain';
import type { AllStreamResolvedEvent, ReadPosition, RecordedEvent as StoredEvent } from '@kurrent/kurrentdb-client';
import { BACKWARDS, END, FORWARDS, START } from '@kurrent/kurrentdb-client';
import { passes } from '../filter.js';
import type { Client } from './connection-string.js';
import type { Connection } from './connection.js';
import type { Counters } from './counters.js';
import { fromStore, positionOf } from './envelope.js';
import { isA, NoAnswer, refused } from './faults.js';
import { collect } from './patience.js';
import { isReserved, isSelective, serverFilter } from './reserved.js';

/** A position at which no event of this store stands: read on from it will never work. */
export class PositionUnknown extends StoreUnavailable {
  override readonly passes = false;
}

/** Reads of streams and of the whole store. Each is asked of the leader, and again when it was not answered. */
export class Reader {
  constructor(
    private readonly connection: Connection,
    private readonly deadlineMs: number,
    private readonly counters: Counters,
  ) {}

  /** Events of one stream as the store has them; none when there is no such stream. The server refuses a limit of 0. */
  async stream(name: string, from: number, limit: number): Promise<StoredEvent[]> {
    if (limit <= 0) return [];
    const options = { fromRevision: BigInt(from), maxCount: limit, direction: FORWARDS } as const;
    return this.#stream(client => client.readStream(name, options));
  }

  async streamBackwards(name: string, limit: number): Promise<StoredEvent[]> {
    if (limit <= 0) return [];
    const options = { fromRevision: END, maxCount: limit, direction: BACKWARDS } as const;
    return this.#stream(client => client.readStream(name, options));
  }

  async head(): Promise<number> {
    return this.#ask(client => this.#newestBefore(client, END));
  }

  async newest(): Promise<StoredEvent | undefined> {
    return this.#ask(client => this.#eventBefore(client, END));
  }

  async page(after: number, limit: number, filter: EventFilter = {}, make = fromStore): Promise<Page> {
    if (limit <= 0) return { events: [], position: after, atHead: false };
    return this.#ask(client => this.#page(client, after, limit, filter, make));
  }

  async #ask<T>(read: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await this.connection.call('reads', read);
    } catch (error) {
      throw refused('to read', error);
    }
  }

  async #stream(read: (client: Client) => AsyncIterable<{ event?: StoredEvent }>): Promise<StoredEvent[]> {
    try {
      const { items } = await this.connection.call('reads', client => collect(read(client), this.deadlineMs));
      this.#count(items.length);
      return items.flatMap(({ event }) => (event && !event.type.startsWith('$') ? [event] : []));
    } catch (error) {
      if (isA(error, 'stream-not-found') || isA(error, 'stream-deleted')) return [];
      throw refused('to read', error);
    }
  }

  /**
   * A filtered page that is not full has looked at everything that there was when it was asked for: it ends at the head
   * of that moment, which is asked for first, and of the same node.
   */
  async #page(
    client: Client,
    after: number,
    limit: number,
    filter: EventFilter,
    make: typeof fromStore,
  ): Promise<Page> {
    const selective = isSelective(filter);
    const head = selective ? await this.#newestBefore(client, END) : 0;
    if (selective && head <= after) return { events: [], position: after, atHead: true };
    const { items, complete } = await this.#readAfter(client, after, limit, filter);
    const found = items.flatMap(({ event }) => (event ? [{ event, position: positionOf(event) }] : []));
    const following = found.filter(({ position }) => position > after);
    const read = following.slice(0, limit);
    const last = read.at(-1)?.position ?? after;
    if (!complete && last === after)
      return { events: [], position: await this.#skip(client, after, filter), atHead: false };
    const exhausted = complete && items.length <= limit && read.length === following.length;
    const position = exhausted ? Math.max(last, head) : last;
    const events = read.map(({ event }) => event).filter(isOurs);
    this.#count(items.length);
    return {
      events: events.map(make).filter(event => passes(event, filter)),
      position,
      atHead: exhausted || (selective && position >= head),
    };
  }

  /** Reading forwards begins with the event at the position itself, hence one more than asked for. */
  async #readAfter(client: Client, after: number, limit: number, filter: EventFilter) {
    const read = (from = after) =>
      collect<AllStreamResolvedEvent>(
        client.readAll({
          direction: FORWARDS,
          fromPosition: from > 0 ? at(from) : START,
          maxCount: limit + 1,
          filter: serverFilter(filter),
        }),
        this.deadlineMs,
        isSelective(filter) ? this.deadlineMs / 2 : Infinity,
      );
    try {
      return await read();
    } catch (error) {
      if (after > 0 && isA(error, 'unavailable') && (await this.#failsThereAlone(client, read)))
        // No event begins there. Whoever looks for the one at a position asks from the number before it.
        return await read(after + 1).catch(() => {
          throw new PositionUnknown(`no event of this store stands at position ${after}`);
        });
      throw error;
    }
  }

  /** The client says "unavailable" of a position inside an event, too. The rest works then, before and after. */
  async #failsThereAlone(client: Client, read: () => Promise<unknown>): Promise<boolean> {
    const fails = (promise: Promise<unknown>) =>
      promise.then(
        () => false,
        () => true,
      );
    const headFails = () => fails(this.#newestBefore(client, END));
    return !(await headFails()) && (await fails(read())) && !(await headFails());
  }

  /**
   * How far the server can look without finding anything: a subscription says so by its checkpoints, where a read is
   * silent until it ends.
   */
  async #skip(client: Client, after: number, filter: EventFilter): Promise<number> {
    let seen = 0n;
    let isFound = false;
    const found = Promise.withResolvers<void>();
    const subscription = client.subscribeToAll({
      fromPosition: after > 0 ? at(after) : START,
      filter: {
        ...serverFilter(filter),
        checkpointReached(subscription, { commit }) {
          if (!isFound && isDrained(subscription)) seen = commit;
        },
      },
    });
    subscription.on('error', found.reject);
    subscription.on('data', ({ event }) => {
      if (!event || isFound) return;
      isFound = true;
      seen = event.position.commit;
      found.resolve();
    });
    const enough = setTimeout(found.resolve, this.deadlineMs);
    try {
      await found.promise;
    } finally {
      clearTimeout(enough);
      void subscription.unsubscribe().catch(() => undefined);
    }
    const position = seen === 0n ? 0 : await this.#newestBefore(client, { commit: seen, prepare: seen });
    if (position <= after) throw new NoAnswer(this.deadlineMs);
    return position;
  }

  /** Position of the newest event of ours before a place, 0 when there is none. */
  async #newestBefore(client: Client, fromPosition: ReadPosition): Promise<number> {
    const event = await this.#eventBefore(client, fromPosition);
    return event ? positionOf(event) : 0;
  }

  async #eventBefore(client: Client, fromPosition: ReadPosition): Promise<StoredEvent | undefined> {
    const options = { direction: BACKWARDS, fromPosition, filter: serverFilter(), maxCount: 1 } as const;
    const { items } = await collect(client.readAll(options), this.deadlineMs);
    return items[0]?.event;
  }

  #count(events: number): void {
    this.counters.reads++;
    this.counters.readEvents += events;
  }
}

/** Checkpoints overtake events that the client still holds back: only then do they speak for all before them. */
export const isDrained = (subscription: { readonly readableLength: number }): boolean =>
  subscription.readableLength === 0;

export const at = (position: number) => ({ commit: BigInt(position), prepare: BigInt(position) });

/** What the port knows of: neither the server's own events nor what is kept beside the events. */
export const isOurs = ({ streamId, type }: StoredEvent): boolean => !isReserved(streamId) && !type.startsWith('$');

export const recorded = (events: readonly StoredEvent[]): RecordedEvent[] => events.map(fromStore);
