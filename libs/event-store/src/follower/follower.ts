import type { Clock, EventFilter, EventStore, RecordedEvent } from '#domain';

/** Where a follower goes on: everything up to this position is dealt with. Some are kept in this process, some not. */
export interface Checkpoint {
  get(): number | Promise<number>;
  set(position: number): void | Promise<void>;
}

export interface FollowerOptions {
  readonly store: Pick<EventStore, 'subscribeToAll'>;
  readonly clock: Clock;
  readonly filter: EventFilter;
  readonly checkpoint: Checkpoint;
  /**
   * Takes the events in order. After a break it may get some again that it had before. False says that there was
   * nothing to do, so that the place is not worth keeping.
   */
  readonly handle: (events: readonly RecordedEvent[]) => Promise<boolean | void>;
  /** Called once for each break, however many attempts it takes to get over it. */
  readonly onBreak: (error: unknown) => void;
}

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/**
 * Follows the store from a checkpoint, for ever: after an error it goes on from there, each time a little later. Ends
 * when it is told to, or with the store.
 */
export class Follower {
  readonly #end = new AbortController();
  #done: Promise<void> = Promise.resolve();
  #failures = 0;

  constructor(private readonly options: FollowerOptions) {}

  start(): void {
    this.#done = this.#goOn();
  }

  /** What is in hand is finished first. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#done;
  }

  async #goOn(): Promise<void> {
    for (;;) {
      try {
        return await this.#follow();
      } catch (error) {
        if (this.#end.signal.aborted) return;
        if (this.#failures++ === 0) this.options.onBreak(error);
      }
      await this.#pause(Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LAST_RETRY_MS));
    }
  }

  async #follow(): Promise<void> {
    const { store, filter, checkpoint, handle } = this.options;
    const options = { filter, signal: this.#end.signal };
    let keeping: Promise<Failure | undefined> = Promise.resolve(undefined);
    for await (const { events, position, atHead } of store.subscribeToAll(await checkpoint.get(), options)) {
      if (events.length > 0) {
        const isWorthKeeping = (await handle(events)) !== false;
        await requireKept(keeping);
        // What comes next does not wait until the place is written down.
        if (isWorthKeeping) keeping = settled(checkpoint.set(position));
      }
      // A break is over when there is something to show for it, and not when the store merely answers again.
      if (events.length > 0 || atHead) this.#failures = 0;
    }
    await requireKept(keeping);
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#end;
    return new Promise(resolve => {
      const wake = () => {
        cancel();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = this.options.clock.after(ms, wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    });
  }
}

interface Failure {
  readonly error: unknown;
}

const settled = (keeping: void | Promise<void>): Promise<Failure | undefined> =>
  Promise.resolve(keeping).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );

const requireKept = async (keeping: Promise<Failure | undefined>): Promise<void> => {
  const failure = await keeping;
  if (failure) throw failure.error;
};

/** For followers whose work need not outlive the process. */
export const checkpointInMemory = (position: number): Checkpoint => ({
  get: () => position,
  set: next => void (position = next),
});
