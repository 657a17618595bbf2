/**
 * One thing at a time per key, keys side by side. Asking for a key that is at work makes it work once more afterwards:
 * any number of times asked meanwhile is once.
 */
export class Lanes {
  readonly #busy = new Map<string, { again: boolean; done: Promise<void> }>();

  constructor(
    private readonly work: (key: string) => Promise<void>,
    private readonly onError: (key: string, error: unknown) => void,
  ) {}

  /** Ends when everything that was asked for of the key up to now is done. */
  run(key: string): Promise<void> {
    const lane = this.#busy.get(key);
    if (lane) {
      lane.again = true;
      return lane.done;
    }
    const fresh = { again: false, done: Promise.resolve() };
    this.#busy.set(key, fresh);
    fresh.done = this.#drain(key, fresh);
    return fresh.done;
  }

  get size(): number {
    return this.#busy.size;
  }

  async idle(): Promise<void> {
    await Promise.all([...this.#busy.values()].map(({ done }) => done));
  }

  async #drain(key: string, lane: { again: boolean }): Promise<void> {
    do {
      lane.again = false;
      try {
        await this.work(key);
      } catch (error) {
        this.onError(key, error);
      }
    } while (lane.again);
    this.#busy.delete(key);
  }
}

/** So many at a time; the others wait in the order they came. */
export class Limit {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async run<T>(effect: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
    try {
      return await effect();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
