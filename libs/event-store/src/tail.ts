import type { EventFilter, Page, RecordedEvent } from '#domain';
import { passes } from './filter.js';

/** How many of the newest events are kept for those who follow at the head. */
const KEPT = 1_000;
const BATCH = 500;

export interface FollowOptions {
  readonly filter?: EventFilter;
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

/**
 * Followers of a store in the same process. Each pulls at its own pace: from memory while it keeps up, from the disk
 * while it is behind, so that a slow one costs the others nothing and memory has a bound.
 */
export class Tail {
  #kept: RecordedEvent[] = [];
  /** All events after this position are kept. */
  #keptAfter: number;
  #head: number;
  #waiting = new Set<() => void>();
  #ended = false;

  constructor(
    head: number,
    private readonly readFromDisk: (after: number, limit: number, options: FollowOptions) => Page | Promise<Page>,
  ) {
    this.#head = this.#keptAfter = head;
  }

  /** Position up to which it was told. */
  get head(): number {
    return this.#head;
  }

  add(events: readonly RecordedEvent[], head: number): void {
    for (const event of events) this.#kept.push(event);
    this.#head = head;
    // Cut in halves: once per thousand events and not once per event.
    if (this.#kept.length > KEPT) {
      const gone = this.#kept.splice(0, this.#kept.length - KEPT / 2);
      this.#keptAfter = gone.at(-1)!.position;
    }
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *follow(after: number, options: FollowOptions): AsyncGenerator<Page> {
    const { filter, batchSize = BATCH, signal } = options;
    const wake = () => this.#wake();
    signal?.addEventListener('abort', wake, { once: true });
    let position = after;
    let knowsHead = false;
    try {
      while (!this.#ended && !signal?.aborted) {
        if (position < this.#head) {
          const page = await this.#pageAfter(position, Math.max(1, batchSize), options);
          position = page.position;
          knowsHead = page.atHead;
          const events = filter ? page.events.filter(event => passes(event, filter)) : page.events;
          if (events.length > 0 || page.atHead) yield { ...page, events };
          // Reading from the disk takes its time, and a filter may pass nothing for long: others have their turn.
          if (!page.atHead) await nextTurn();
        } else if (!knowsHead) {
          knowsHead = true;
          yield { events: [], position, atHead: true };
        } else await this.#news();
      }
    } finally {
      signal?.removeEventListener('abort', wake);
    }
  }

  #pageAfter(position: number, limit: number, options: FollowOptions): Page | Promise<Page> {
    if (position < this.#keptAfter) return this.readFromDisk(position, limit, options);
    const from = firstAfter(this.#kept, position);
    const events = this.#kept.slice(from, from + limit);
    const reached = events.at(-1)?.position ?? this.#head;
    return { events, position: reached, atHead: reached >= this.#head };
  }

  #news(): Promise<void> {
    return new Promise(resolve => this.#waiting.add(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const resolve of waiting) resolve();
  }
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Index of the first event after the position, by halving. */
const firstAfter = (events: readonly RecordedEvent[], position: number): number => {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (events[middle]!.position > position) high = middle;
    else low = middle + 1;
  }
  return low;
};
