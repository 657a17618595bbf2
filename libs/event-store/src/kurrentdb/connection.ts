import { OutcomeUnknown, StoreUnavailable } from '#domain';
import type { Client, Target } from './connection-string.js';
import type { Counters, Health } from './counters.js';
import type { Fault } from './faults.js';
import { faultOf } from './faults.js';
import { backOffMs, pause } from './patience.js';

/** Nothing was done, and nothing will be until somebody changes rights or passwords. */
export class StoreDeniesAccess extends StoreUnavailable {
  override readonly passes = false;
}

/** A new client costs a connection that the native part never gives back: not more of them than this. */
const REPLACED_EVERY_MS = 500;

/**
 * The one client of the adapter, and another in its place when it has gone bad: reads do not fail over, a failed
 * discovery is remembered for ever, and a connection to a stopped server hangs. Calls are asked again until they are
 * answered or the patience ends.
 */
export class Connection {
  #client: Client;
  #replacedAt = -Infinity;
  #closed = false;
  readonly #calls = new Map<Client, Set<Promise<unknown>>>();
  readonly #health = { reads: 'unknown', appends: 'unknown' } as {
    -readonly [Kind in 'reads' | 'appends']: Health[Kind];
  };
  /** Told when another client has taken over: what goes on with the old one has to be begun again. */
  readonly onReplaced = new Set<() => void>();

  constructor(
    private readonly target: Target,
    private readonly patienceMs: number,
    private readonly counters: Counters,
  ) {
    this.#client = target.makeClient();
  }

  get client(): Client {
    return this.#client;
  }

  get health(): Pick<Health, 'reads' | 'appends'> {
    return { ...this.#health };
  }

  /**
   * `appends` must give the same however often they are asked.
   *
   * @throws StoreUnavailable nothing was done · OutcomeUnknown (appends only) · the client's error where it is an answer
   */
  async call<T>(kind: 'reads' | 'appends', ask: (client: Client) => Promise<T>): Promise<T> {
    const end = performance.now() + this.patienceMs;
    let lost = false;
    for (let failures = 0; ; failures++) {
      const client = this.#client;
      try {
        const answer = await this.#noted(client, ask(client));
        this.#health[kind] = 'up';
        return answer;
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error;
        const fault = faultOf(error);
        this.#health[kind] = fault.kind === 'answer' ? 'up' : 'down';
        if (fault.kind === 'answer') throw error;
        lost ||= fault.kind === 'lost';
        if (fault.clientIsBad || failures > 0) this.replace(client);
        const waitMs = backOffMs(failures);
        if (this.#closed || fault.kind === 'forbidden' || performance.now() + waitMs > end)
          throw this.#givenUp(kind === 'appends' && lost, fault);
        this.counters.repeats++;
        await pause(waitMs);
      }
    }
  }

  /** Takes the client out of use, unless that has happened. What it was asked for before, it may finish. */
  replace(bad: Client): void {
    const now = performance.now();
    if (bad !== this.#client || this.#closed || now - this.#replacedAt < REPLACED_EVERY_MS) return;
    this.#replacedAt = now;
    try {
      this.#client = this.target.makeClient();
    } catch {
      // Its certificates cannot be read just now. The old one is as good as none, and will be replaced the next time.
      return;
    }
    this.counters.clientsReplaced++;
    const calls = [...(this.#calls.get(bad) ?? [])];
    void Promise.allSettled(calls).then(() => dispose(bad));
    for (const listener of this.onReplaced) listener();
  }

  /** From here on nothing is asked a second time. */
  windDown(): void {
    this.#closed = true;
  }

  close(): Promise<void> {
    this.windDown();
    return dispose(this.#client);
  }

  async #noted<T>(client: Client, call: Promise<T>): Promise<T> {
    const calls = this.#calls.get(client) ?? new Set();
    this.#calls.set(client, calls.add(call));
    try {
      return await call;
    } finally {
      calls.delete(call);
      if (calls.size === 0) this.#calls.delete(client);
    }
  }

  /** Without the client's error as a cause: nobody has to look whether it holds credentials. */
  #givenUp(outcomeUnknown: boolean, { kind, text }: Fault): Error {
    const said = this.target.redact(text);
    if (outcomeUnknown) {
      this.counters.unknownOutcomes++;
      return new OutcomeUnknown(`nobody knows whether the event store took it: ${said}`);
    }
    this.counters.unavailable++;
    return kind === 'forbidden'
      ? new StoreDeniesAccess(`the event store denies access: ${said}`)
      : new StoreUnavailable(`the event store does not answer: ${said}`);
  }
}

/** Its channel may be dead: whatever that says, nobody needs it any more. */
const dispose = (client: Client): Promise<void> => client.dispose().catch(() => undefined);
