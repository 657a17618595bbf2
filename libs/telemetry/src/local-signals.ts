import type { Signal, Signals } from '#domain';

type Listener = Parameters<Signals['listen']>[0];

/** Signals within one process. */
export class LocalSignals implements Signals {
  readonly #listeners = new Set<Listener>();

  send(nodeId: string, signal: Signal): void {
    for (const listener of this.#listeners) listener(nodeId, signal);
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
