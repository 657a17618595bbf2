import type { EventFilter, Page, RecordedEvent } from '#domain';
import { passes } from './filter.js';

/** How many of the newest events are kept for those who follow at the head. */
const KEPT = 2_000;
const BATCH = 500;

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
    private readonly readFromDisk: (after: number, limit: number) => Page,
  ) {
    this.#head = this.#keptAfter = head;
  }

  add(events: readonly RecordedEvent[], head: number): void {
    this.#kept.push(...events);
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

  async *follow(
    after: number,
    { filter, batchSize = BATCH, signal }: { filter?: EventFilter; batchSize?: number; signal?: AbortSignal },
  ): AsyncGenerator<Page> {
    let position = after;
    let toldHead = false;
    const wake = () => this.#wake();
    signal?.addEventListener('abort', wake, { once: true });
    try {
      while (!this.#ended && !signal?.aborted) {
        if (position >= this.#head) {
          if (!toldHead) yield { events: [], position, atHead: true };
          toldHead = true;
          if (position >= this.#head && !this.#ended && !signal?.aborted) await this.#news();
          continue;
        }
        const page = this.#pageAfter(position, batchSize);
        position = page.position;
        const events = filter ? page.events.filter(event => passes(event, filter)) : page.events;
        toldHead &&= !page.atHead;
        if (events.length > 0 || page.atHead) {
          toldHead = page.atHead;
          yield { events, position, atHead: page.atHead };
        }
      }
    } finally {
      signal?.removeEventListener('abort', wake);
    }
  }

  #pageAfter(position: number, limit: number): Page {
    if (position < this.#keptAfter) return this.readFromDisk(position, limit);
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
