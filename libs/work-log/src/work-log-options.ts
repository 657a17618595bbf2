import type { Clock, WorkMessage } from '#domain';

/** What every adapter takes. `withDefaults` fills in the rest. */
export interface WorkLogOptions {
  readonly clock: Clock;
  /** Of every topic and for good: another number would send keys elsewhere. 64 by default. */
  readonly partitionsPerTopic?: number;
  /** The wait before a key is tried again whose handler has rejected `attempts` times in a row: 100 ms, then doubling. */
  readonly retryDelayMs?: (attempts: number) => number;
  /** From this many rejections in a row on, `onPoison` is asked after each. 5 by default. */
  readonly poisonAfter?: number;
  /** How long a rebalance waits for running handlers, then for a member's callback. 10 s by default. */
  readonly handOverTimeoutMs?: number;
  /**
   * A key's wake-up keeps failing. 'skip' drops it, 'retry' keeps it, as does a rejection or that the partition was
   * revoked meanwhile. The key waits for the answer, so that the decision can be recorded first.
   */
  onPoison(message: WorkMessage, error: unknown, attempts: number): PoisonDecision | Promise<PoisonDecision>;
  /** A callback of a member or `onPoison` rejected, or a hand-over waited in vain: the log goes on. Must not throw. */
  onFault(fault: WorkLogFault): void;
}

export type PoisonDecision = 'retry' | 'skip';

/** What the log called and could not count on; `cause` is what it rejected with. */
export class WorkLogFault extends Error {
  override readonly name = 'WorkLogFault';
}

/** The log was closed: nothing is published to it or joined any more. */
export class WorkLogClosed extends Error {
  override readonly name = 'WorkLogClosed';
}

/** Nobody ensured the topic. */
export class UnknownTopic extends Error {
  override readonly name = 'UnknownTopic';
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;

export const withDefaults = ({
  partitionsPerTopic = 64,
  retryDelayMs = attempts => Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LAST_RETRY_MS),
  poisonAfter = 5,
  handOverTimeoutMs = 10_000,
  ...required
}: WorkLogOptions): Required<WorkLogOptions> => ({
  partitionsPerTopic,
  retryDelayMs,
  poisonAfter,
  handOverTimeoutMs,
  ...required,
});
