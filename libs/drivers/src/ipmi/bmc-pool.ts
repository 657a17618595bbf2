import { createHash } from 'node:crypto';
import type { Bmc, ConnectOptions } from '#ipmi-js';
import { BmcRefused, connect } from '#ipmi-js';

/** Shorter than the 60 s after which BMCs drop a silent session by themselves (IPMI 2.0, section 6.12.15). */
const IDLE_MS = 30_000;
/** How long the end of the process waits for answers that are on their way. */
const GRACE_MS = 1_000;

/**
 * Sessions with BMCs, kept for the next effect: opening one takes several exchanges, and BMCs have few of them. One
 * session per address and set of credentials; whoever asks, one thing at a time per address. A session that nobody
 * used for `idleMs` is closed, and one that failed is not used again.
 */
export class BmcPool {
  readonly #sessions = new Map<string, Kept>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #end = new AbortController();
  #closed = false;

  constructor(private readonly idleMs = IDLE_MS) {}

  /** @throws whatever `connect` of ipmi-js and the work throw */
  use<T>(options: ConnectOptions, work: (bmc: Bmc) => Promise<T>): Promise<T> {
    const key = keyOf(options);
    return this.#inTurn(placeOf(options), async () => {
      if (this.#closed) throw new Error('Sessions with BMCs are not opened any more');
      const bmc = await this.#session(key, options);
      try {
        const answer = await work(bmc);
        this.#endWhenIdle(key, options);
        return answer;
      } catch (error) {
        // A refusal is an answer. After anything else the next effect begins anew, with the name looked up again.
        if (error instanceof BmcRefused) this.#endWhenIdle(key, options);
        else await this.#endSession(key);
        throw error;
      }
    });
  }

  /** Closes the session with the BMC, such as one that the BMC has just been told to forget. */
  drop(options: ConnectOptions): Promise<void> {
    return this.#inTurn(placeOf(options), () => this.#endSession(keyOf(options)));
  }

  /** Gives all sessions back. What is under way has a second to end, then it is cut off. */
  async close(): Promise<void> {
    this.#closed = true;
    const underWay = Promise.allSettled(this.#turns.values());
    const grace = setTimeout(() => this.#end.abort(), GRACE_MS);
    await underWay;
    await Promise.all([...this.#sessions.keys()].map(key => this.#endSession(key)));
    clearTimeout(grace);
  }

  async #session(key: string, options: ConnectOptions): Promise<Bmc> {
    const kept = this.#sessions.get(key);
    clearTimeout(kept?.timer);
    const bmc = kept?.bmc ?? (await connect({ ...options, signal: this.#end.signal }));
    this.#sessions.set(key, { bmc });
    return bmc;
  }

  #endWhenIdle(key: string, options: ConnectOptions): void {
    const timer = setTimeout(() => void this.#inTurn(placeOf(options), () => this.#endIdle(key, timer)), this.idleMs);
    timer.unref();
    this.#sessions.set(key, { ...this.#sessions.get(key)!, timer });
  }

  /** Unless it was used while this waited for its turn. */
  async #endIdle(key: string, timer: NodeJS.Timeout): Promise<void> {
    if (this.#sessions.get(key)?.timer === timer) await this.#endSession(key);
  }

  async #endSession(key: string): Promise<void> {
    const kept = this.#sessions.get(key);
    clearTimeout(kept?.timer);
    this.#sessions.delete(key);
    await kept?.bmc.close();
  }

  #inTurn<T>(place: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(place) ?? Promise.resolve()).then(work, work);
    this.#turns.set(place, turn);
    const leave = () => {
      if (this.#turns.get(place) === turn) this.#turns.delete(place);
    };
    turn.then(leave, leave);
    return turn;
  }
}

interface Kept {
  readonly bmc: Bmc;
  /** Ends it, unless it is used before. */
  readonly timer?: NodeJS.Timeout;
}

const placeOf = ({ host, port }: ConnectOptions): string => `${host}:${port}`;

/** A digest, so that no password stands in a name. */
const keyOf = (options: ConnectOptions): string =>
  createHash('sha256').update(JSON.stringify(options)).digest('base64url');
