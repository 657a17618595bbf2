import type { Node, RecordedEvent } from '#domain';
import { absentNode, foldNode, uuidOfNodeStream } from '#domain';

/** Events of a stream up to a revision, that one not included. */
export type StreamBefore = (stream: string, revision: number) => readonly RecordedEvent[];

interface Aggregate<State> {
  initial(id: string): State;
  evolve(state: State, event: RecordedEvent): State;
}

/** Folds kept between batches. */
const KEPT_FOLDS = 1_000;

/** What streams came to before a batch: kept from the one before, or folded anew. */
export class Folds {
  readonly #nodes = new Map<string, Node>();

  constructor(
    private readonly streamBefore: StreamBefore,
    private readonly kept = KEPT_FOLDS,
  ) {}

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
    this.#nodes.delete(node.uuid);
    this.#nodes.set(node.uuid, node);
    if (this.#nodes.size > this.kept) this.#nodes.delete(this.#nodes.keys().next().value!);
  }

  clear(): void {
    this.#nodes.clear();
  }
}
