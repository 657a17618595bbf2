import type { EventStore, KeyStore, RecordedEvent } from '#domain';

/**
 * Deletes data keys when the event says so that what they sealed is over: a node or an instance that is gone. Its
 * place is kept with the keys, so that an end that was recorded before a crash is not missed after it.
 */
export class KeyEraser {
  readonly #end = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: EventStore,
    private readonly keys: KeyStore & { readonly checkpoint: { get(): number; set(position: number): void } },
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.#done = this.#follow().catch((error: unknown) => this.onError(error));
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#done;
  }

  async #follow(): Promise<void> {
    const from = this.keys.checkpoint.get();
    for await (const page of this.store.subscribeToAll(from, {
      filter: { types: ERASING },
      signal: this.#end.signal,
    })) {
      const subjects = page.events.flatMap(erasedBy);
      for (const subject of subjects) await this.keys.erase(subject);
      // Most pages erase nothing: what they would move is not worth a commit.
      if (subjects.length > 0) this.keys.checkpoint.set(page.position);
    }
  }
}

/** Prefixes of the types that may end the life of a key. */
const ERASING = ['Teardown', 'NodeDeleted'];

const erasedBy = ({ data }: RecordedEvent): readonly string[] => (data as { erases?: readonly string[] }).erases ?? [];
