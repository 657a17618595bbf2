import type { RecordedEvent } from '#domain';

/** What one append under way is to leave in its stream. */
export interface Watch {
  /** What has come of it so far, by rising revision. */
  readonly events: readonly RecordedEvent[];
  /** Answers when all has come. */
  readonly complete: Promise<void>;
  end(): void;
}

interface Watching extends Watch {
  readonly after: number;
  readonly count: number;
  readonly events: RecordedEvent[];
  readonly completed: () => void;
}

/**
 * Picks out of the live feed the events that this process is appending: the store brings them anyway, so that they need
 * not be read back.
 */
export class OwnEvents {
  readonly #watched = new Map<string, Set<Watching>>();

  /** Of the `count` events after the revision `after`. To be asked for before the append is. */
  watch(stream: string, after: number, count: number): Watch {
    const { promise: complete, resolve: completed } = Promise.withResolvers<void>();
    const end = () => {
      const others = this.#watched.get(stream);
      others?.delete(watching);
      if (others?.size === 0) this.#watched.delete(stream);
    };
    const watching: Watching = { after, count, events: [], complete, completed, end };
    const all = this.#watched.get(stream) ?? new Set();
    this.#watched.set(stream, all.add(watching));
    return watching;
  }

  take(event: RecordedEvent): void {
    for (const { after, count, events, completed } of this.#watched.get(event.stream) ?? []) {
      if (events.length === count || event.revision !== after + 1 + events.length) continue;
      events.push(event);
      if (events.length === count) completed();
    }
  }
}
