import type { EventStore, KeyStore, RecordedEvent } from '#domain';

/** Stores in this process answer in the call. */
interface Checkpoint {
  get(): number | Promise<number>;
  set(position: number): void | Promise<void>;
}

/**
 * Deletes data keys when the event says so that what they sealed is over: a node or an instance that is gone. Its
 * place is kept with the keys, so that an end that was recorded before a crash is not missed after it.
 */
export class KeyEraser {
  readonly #end = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: EventStore,
    private readonly keys: KeyStore & { readonly checkpoint: Checkpoint },
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
    const from = await this.keys.checkpoint.get();
    for await (const page of this.store.subscribeToAll(from, {
      filter: { types: ERASING },
      signal: this.#end.signal,
    })) {
      for (const event of page.events) for (const subject of erasedBy(event)) await this.keys.erase(subject);
      if (page.events.length > 0) await this.keys.checkpoint.set(page.position);
    }
  }
}

/** Prefixes of the types that may end the life of a key. */
const ERASING = ['Teardown', 'NodeDeleted'];

const erasedBy = ({ data }: RecordedEvent): readonly string[] => (data as { erases?: readonly string[] }).erases ?? [];
