import type { WorkMember, WorkMessage } from '#domain';
import { LatestUsed } from '#domain';
import { type PoisonDecision, WorkLogFault, type WorkLogOptions } from './work-log-options.js';

/** How many keys a partition remembers the last position of. A repeat of one that it forgot wakes a node for nothing. */
const REMEMBERED_KEYS = 2048;

/** The time from one assignment to the revocation. What a former lease's handlers still answer counts no more. */
interface Lease {
  readonly member: WorkMember;
  /** Handlers start while it is open: from when the member is ready until it is asked to hand over. */
  phase: 'preparing' | 'open' | 'ending';
  running: number;
  whenIdle?: () => void;
}

/** A key with an unfinished wake-up: all that is kept of its messages. */
interface Work {
  readonly key: string;
  /** The newest that is not in hand. */
  waiting?: WorkMessage;
  inHand?: WorkMessage;
  /** Under which lease someone works it off. */
  lease?: Lease;
  /** Rejections in a row. */
  attempts: number;
  cancelRetry?: () => void;
}

/** One partition: what is unfinished, and whose it is. Memory is bounded by the number of keys, not of messages. */
export class Partition {
  readonly #work = new Map<string, Work>();
  readonly #lastPositions = new LatestUsed<number>(REMEMBERED_KEYS);
  #lease?: Lease;

  constructor(
    readonly id: number,
    private readonly options: Required<WorkLogOptions>,
  ) {}

  get member(): WorkMember | undefined {
    return this.#lease?.member;
  }

  /** How many keys have something unfinished. */
  get size(): number {
    return this.#work.size;
  }

  /** Every message that is in hand or waits, in no order. Those that a newer one took the place of are not there. */
  *unfinished(): Generator<WorkMessage> {
    for (const { inHand, waiting } of this.#work.values()) {
      if (inHand) yield inHand;
      if (waiting) yield waiting;
    }
  }

  accept(message: WorkMessage): void {
    if (!this.#isNew(message)) return;
    const { key } = message;
    let work = this.#work.get(key);
    if (!work) this.#work.set(key, (work = { key, attempts: 0 }));
    work.waiting = message;
    this.#start(work);
  }

  /** Gives the partition to a member. Its handlers start when the answer is called. */
  leaseTo(member: WorkMember): () => void {
    const lease: Lease = { member, phase: 'preparing', running: 0 };
    this.#lease = lease;
    return () => {
      // A member that is ready only when the bound has passed may have lost the partition by then.
      if (lease.phase !== 'preparing') return;
      lease.phase = 'open';
      for (const work of this.#work.values()) {
        // A new owner need not wait for what the former one failed at.
        work.cancelRetry?.();
        work.cancelRetry = undefined;
        this.#start(work);
      }
    };
  }

  /** Starts no handler any more; answers when the running ones have ended. */
  pause(): Promise<void> {
    const lease = this.#lease;
    if (!lease) return Promise.resolve();
    lease.phase = 'ending';
    return new Promise(resolve => {
      if (lease.running === 0) resolve();
      else lease.whenIdle = resolve;
    });
  }

  /** Nobody's any more. What is still in hand waits for the next owner, unless something newer does. */
  release(): void {
    this.#lease = undefined;
    for (const work of this.#work.values()) {
      work.waiting ??= work.inHand;
      work.inHand = undefined;
      work.lease = undefined;
    }
  }

  dispose(): void {
    for (const work of this.#work.values()) work.cancelRetry?.();
    this.#work.clear();
  }

  #isNew({ key, position }: WorkMessage): boolean {
    const last = this.#lastPositions.get(key);
    if (last !== undefined && position <= last) return false;
    this.#lastPositions.set(key, position);
    return true;
  }

  #start(work: Work): void {
    const lease = this.#lease;
    if (lease?.phase === 'open' && !work.lease && !work.cancelRetry) void this.#workOff(work, lease);
  }

  /** Hands the key's wake-ups over, one at a time, until none is left, one has to wait or the lease ends. */
  async #workOff(work: Work, lease: Lease): Promise<void> {
    work.lease = lease;
    lease.running += 1;
    // Publishing runs no handler in its own turn, and several events of one append become one wake-up.
    await undefined;
    while (work.waiting && lease.phase === 'open') {
      const message = work.waiting;
      work.inHand = message;
      work.waiting = undefined;
      const done = await this.#handle(work, message, lease);
      if (this.#lease !== lease) break;
      work.inHand = undefined;
      if (!done) {
        this.#retryLater(work, message);
        break;
      }
      work.attempts = 0;
    }
    if (this.#lease === lease) {
      work.lease = undefined;
      if (!work.waiting) this.#work.delete(work.key);
    }
    lease.running -= 1;
    if (lease.running === 0) lease.whenIdle?.();
  }

  async #handle(work: Work, message: WorkMessage, lease: Lease): Promise<boolean> {
    try {
      await lease.member.handle(message);
      return true;
    } catch (error) {
      if (this.#lease !== lease) return false;
      work.attempts += 1;
      if (work.attempts < this.options.poisonAfter) return false;
      return (await this.#judge(message, error, work.attempts)) === 'skip';
    }
  }

  async #judge(message: WorkMessage, error: unknown, attempts: number): Promise<PoisonDecision> {
    try {
      return await this.options.onPoison(message, error, attempts);
    } catch (cause) {
      this.options.onFault(new WorkLogFault(`Nobody could judge the poison of ${message.key}.`, { cause }));
      return 'retry';
    }
  }

  #retryLater(work: Work, message: WorkMessage): void {
    work.waiting ??= message;
    work.cancelRetry = this.options.clock.after(this.options.retryDelayMs(work.attempts), () => {
      work.cancelRetry = undefined;
      this.#start(work);
    });
  }
}
