import type { Node, RecordedEvent } from '#domain';
import { absentNode, foldNode, LatestUsed, uuidOfNodeStream } from '#domain';

/** Events of a stream up to a revision, that one not included. */
export type StreamBefore = (stream: string, revision: number) => readonly RecordedEvent[];

interface Aggregate<State> {
  initial(id: string): State;
  evolve(state: State, event: RecordedEvent): State;
}

/** Folds kept between batches, at least. */
const KEPT_FOLDS = 500;

/** What streams came to before a batch: kept from the one before, or folded anew. */
export class Folds {
  readonly #nodes: LatestUsed<Node>;

  constructor(
    private readonly streamBefore: StreamBefore,
    kept = KEPT_FOLDS,
  ) {
    this.#nodes = new LatestUsed(kept);
  }

  /** Whether events of before this one have to be read. */
  lacks({ stream, revision }: RecordedEvent): boolean {
    if (revision === 0) return false;
    return !stream.startsWith('node-') || this.#nodes.get(uuidOfNodeStream(stream))?.revision !== revision - 1;
  }

  node(event: RecordedEvent): Node {
    const uuid = uuidOfNodeStream(event.stream);
    if (event.revision === 0) return absentNode(uuid);
    const kept = this.#nodes.get(uuid);
    if (kept && kept.revision === event.revision - 1) return kept;
    return foldNode(uuid, this.streamBefore(event.stream, event.revision));
  }

  other<State>(aggregate: Aggregate<State>, { stream, revision }: RecordedEvent, prefix: string): State {
    const initial = aggregate.initial(stream.slice(prefix.length));
    if (revision === 0) return initial;
    return this.streamBefore(stream, revision).reduce((state, event) => aggregate.evolve(state, event), initial);
  }

  keep(node: Node): void {
    this.#nodes.set(node.uuid, node);
  }

  clear(): void {
    this.#nodes.clear();
  }
}
