import type { RecordedEvent } from '#domain';
import type { AllStreamResolvedEvent, Position } from '@kurrent/kurrentdb-client';
import { START } from '@kurrent/kurrentdb-client';
import type { Tail } from '../tail.js';
import type { Client } from './connection-string.js';
import type { Connection } from './connection.js';
import type { Counters } from './counters.js';
import { fromStore, positionOf } from './envelope.js';
import { faultOf } from './faults.js';
import { OwnEvents } from './own-events.js';
import { backOffMs, pause } from './patience.js';
import type { Reader } from './reading.js';
import { at, isDrained, isOurs } from './reading.js';
import { serverFilter } from './reserved.js';

/**
 * The adapter's one subscription: it feeds the tail, from which all followers of the process read. It takes whatever
 * comes at once, so that the server has no slow consumer to drop; and as it is dropped all the same (a busy process, a
 * lost leader, a restart), it goes on where it was.
 */
export class LiveFeed {
  /** For whoever appends. */
  readonly own = new OwnEvents();
  /** Where to go on: a checkpoint, or the last event. */
  #from: Position | typeof START;
  #last: number;
  #pending: RecordedEvent[] = [];
  #isUp = false;
  readonly #end = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: Connection,
    private readonly reader: Reader,
    private readonly tail: Tail,
    head: number,
    private readonly watchMs: number,
    private readonly counters: Counters,
  ) {
    this.#last = head;
    this.#from = head > 0 ? at(head) : START;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Position of the last event that came. */
  get last(): number {
    return this.#last;
  }

  start(): void {
    this.#done = Promise.all([this.#subscribeAgainAndAgain(), this.#watch()]).then(() => undefined);
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#done;
  }

  async #subscribeAgainAndAgain(): Promise<void> {
    const { signal } = this.#end;
    for (let failures = 0; !signal.aborted; failures++) {
      const client = this.connection.client;
      const before = this.counters.liveEvents;
      const error = await this.#subscribe(client);
      this.#isUp = false;
      if (signal.aborted) return;
      this.counters.subscriptionsLost++;
      if (this.counters.liveEvents > before) failures = 0;
      if (error !== undefined && (faultOf(error).clientIsBad || failures > 0)) this.connection.replace(client);
      await pause(backOffMs(failures), signal);
    }
  }

  /** Until it ends, for whatever reason: answers with the error, if it was one. */
  async #subscribe(client: Client): Promise<unknown> {
    const ended = Promise.withResolvers<unknown>();
    const end = () => ended.resolve(undefined);
    const subscription = client.subscribeToAll({
      fromPosition: this.#from,
      filter: {
        ...serverFilter(),
        checkpointReached: (of, position) => (isDrained(of) ? this.#reach(position) : undefined),
      },
    });
    this.counters.subscriptions++;
    subscription.on('confirmation', () => (this.#isUp = true));
    subscription.on('data', resolved => {
      try {
        this.#take(resolved);
      } catch (error) {
        ended.resolve(error);
      }
    });
    for (const event of ['end', 'close'] as const) subscription.on(event, end);
    subscription.on('error', ended.resolve);
    this.connection.onReplaced.add(end);
    this.#end.signal.addEventListener('abort', end);
    try {
      return await ended.promise;
    } finally {
      this.connection.onReplaced.delete(end);
      this.#end.signal.removeEventListener('abort', end);
      subscription.removeAllListeners('data');
      subscription.unsubscribe().catch(() => undefined);
    }
  }

  #take({ event }: AllStreamResolvedEvent): void {
    if (!event) return;
    const position = positionOf(event);
    if (position <= this.#last) return;
    this.#last = position;
    this.#from = event.position;
    this.counters.liveEvents++;
    if (!isOurs(event)) return;
    const made = fromStore(event);
    this.own.take(made);
    this.#pending.push(made);
    // What comes in one turn goes on together: a page for a follower and not a page for an event.
    if (this.#pending.length === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const events = this.#pending;
    this.#pending = [];
    if (events.length > 0) this.tail.add(events, events.at(-1)!.position);
  }

  /** Blobs and the server's own events move the place to go on from, too. */
  #reach(position: Position): void {
    if (this.#from === START || position.commit > this.#from.commit) this.#from = position;
  }

  /** A subscription on a node that the others left behind stays open and silent: the leader's head tells. */
  async #watch(): Promise<void> {
    const { signal } = this.#end;
    for (;;) {
      await pause(this.watchMs, signal);
      if (signal.aborted) return;
      const head = await this.reader.head().catch(() => 0);
      const behind = this.#last;
      if (head <= behind) continue;
      await pause(this.watchMs, signal);
      if (!signal.aborted && this.#last === behind) this.connection.replace(this.connection.client);
    }
  }
}
