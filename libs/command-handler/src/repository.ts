import type { Aggregate, AggregateState, EventStore, RecordedEvent } from '#domain';
import { LatestUsed } from '#domain';

/** Folded streams, the latest used ones kept: a stream is read on from where it was left. */
export class Repository<State extends AggregateState, Command extends { readonly type: string }, Context> {
  readonly #kept: LatestUsed<State>;

  constructor(
    private readonly store: Pick<EventStore, 'readStream'>,
    private readonly aggregate: Aggregate<State, Command, Context>,
    atLeast = 1_000,
  ) {
    this.#kept = new LatestUsed(atLeast);
  }

  /** As it stands in the store at this moment. */
  async load(id: string): Promise<State> {
    const known = this.#kept.get(id) ?? this.aggregate.initial(id);
    const news = await this.store.readStream(this.aggregate.stream(id), known.revision + 1);
    return this.keep(id, this.fold(known, news));
  }

  fold(state: State, events: Iterable<RecordedEvent>): State {
    let folded = state;
    for (const event of events) if (event.revision > folded.revision) folded = this.aggregate.evolve(folded, event);
    return folded;
  }

  /** A newer one that is there already stays. */
  keep(id: string, state: State): State {
    const kept = this.#kept.get(id);
    if (kept && kept.revision > state.revision) return kept;
    this.#kept.set(id, state);
    return state;
  }
}
