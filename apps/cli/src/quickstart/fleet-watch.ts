import { setTimeout as sleep } from 'node:timers/promises';
import type { EventJson } from '#apps/api';
import { Failure } from '../failure.js';
import type { Client } from '../server/client.js';
import { followEvents } from '../server/follow-events.js';

/** A node as its events have told so far. */
export interface Seen {
  readonly state: string;
  readonly power: string | null;
  /** How many events have said something about either. */
  readonly changes: number;
  /** Of the last event. */
  readonly revision: number;
}

const PATIENCE_MS = 30_000;
const unseen: Seen = { state: 'enroll', power: null, changes: 0, revision: -1 };

/** Follows a server's events from the start, hands them on, and knows where each node stands by them. */
export class FleetWatch {
  readonly #nodes = new Map<string, Seen>();
  readonly #end = new AbortController();
  #news = Promise.withResolvers<void>();

  constructor(
    private readonly client: Client,
    private readonly onEvent: (event: EventJson) => void,
  ) {
    void this.#follow();
  }

  of(uuid: string): Seen {
    return this.#nodes.get(uuid) ?? unseen;
  }

  /**
   * Answers when it holds of the node.
   *
   * @throws Failure when it does not within half a minute, or the server is gone
   */
  async until(uuid: string, holds: (seen: Seen) => boolean): Promise<Seen> {
    const limit = new AbortController();
    const isLate = sleep(PATIENCE_MS, true, { signal: limit.signal }).catch(() => false);
    try {
      while (!holds(this.of(uuid))) {
        if (await Promise.race([this.#news.promise, isLate]))
          throw new Failure(`Node ${uuid} is still "${this.of(uuid).state}" after ${PATIENCE_MS / 1000} s.`);
      }
      return this.of(uuid);
    } finally {
      limit.abort();
    }
  }

  stop(): void {
    this.#end.abort();
  }

  async #follow(): Promise<void> {
    try {
      for await (const event of followEvents(this.client, { from: 'start', signal: this.#end.signal })) {
        this.#record(event);
        this.onEvent(event);
        this.#news.resolve();
        this.#news = Promise.withResolvers();
      }
    } catch (error) {
      this.#news.promise.catch(() => undefined);
      this.#news.reject(error);
    }
  }

  #record({ stream, revision, data }: EventJson): void {
    if (!stream.startsWith('node-')) return;
    const uuid = stream.slice('node-'.length);
    const { provisionState, powerState } = data as { provisionState?: string; powerState?: string };
    const { state, power, changes } = this.of(uuid);
    const isChange = provisionState !== undefined || powerState !== undefined;
    this.#nodes.set(uuid, {
      state: provisionState ?? state,
      power: powerState ?? power,
      changes: isChange ? changes + 1 : changes,
      revision,
    });
  }
}
