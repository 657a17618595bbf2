import type { Clock, EventStore, PublicLog } from '#domain';
import { PUBLIC_STREAMS } from '#domain';
import { checkpointText, positionIn, publicEvent } from './public-event.js';

const RETRY_MS = 5000;

/**
 * Follows the store and publishes what happened, from where the last one left off. Whatever breaks off is reported
 * and begun anew from the checkpoint: an event is published at least once, and those of one key in order.
 */
export class PublicRelay {
  readonly #end = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: EventStore,
    private readonly log: PublicLog,
    private readonly clock: Clock,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted) {
      try {
        await this.#follow();
      } catch (error) {
        if (this.#end.signal.aborted) return;
        this.onError(error);
        await this.#wait();
      }
    }
  }

  async #follow(): Promise<void> {
    const { store, log } = this;
    const after = positionIn(await log.checkpoint(), store.identity);
    const options = { filter: { streams: PUBLIC_STREAMS }, signal: this.#end.signal };
    for await (const { events } of store.subscribeToAll(after, options)) {
      const last = events.at(-1);
      if (last === undefined) continue;
      const published = events.map(event => publicEvent(event, store.identity));
      await log.publish(published, checkpointText(store.identity, last.position));
    }
  }

  #wait(): Promise<void> {
    const { signal } = this.#end;
    return new Promise(resolve => {
      const cancel = this.clock.after(RETRY_MS, resolve);
      signal.addEventListener('abort', () => (cancel(), resolve()), { once: true });
    });
  }
}
