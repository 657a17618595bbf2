import type { KafkaMessage } from 'kafkajs';
import type { WorkMember, WorkMessage } from '#domain';
import { Partition } from '../partition.js';
import type { WorkLogOptions } from '../work-log-options.js';
import { fromKafka } from './work-message-format.js';

/** A partition from its assignment to its revocation: its lanes, and up to where it is done. */
export class OwnedPartition {
  readonly #lanes: Partition;
  /** Lets the handlers start. */
  readonly open: () => void;
  readonly #offsets = new WeakMap<WorkMessage, bigint>();
  /** The offset after the last message that was taken. */
  #next?: bigint;
  #committed?: bigint;
  /** It is to be handed over: what is fetched of it is for the next owner. */
  isLeaving = false;
  isPaused = false;
  /** The member was told that it is no longer its own. */
  isRevoked = false;

  constructor(
    readonly id: number,
    member: WorkMember,
    options: Required<WorkLogOptions>,
  ) {
    this.#lanes = new Partition(id, options);
    this.open = this.#lanes.leaseTo(member);
  }

  /** Keys with something unfinished. */
  get size(): number {
    return this.#lanes.size;
  }

  /**
   * After each rebalance kafkajs fetches from the last commit on: what was taken before is left out.
   * Answers the messages that no relay has written.
   */
  take(messages: readonly KafkaMessage[]): KafkaMessage[] {
    if (this.isLeaving) return [];
    const foreign: KafkaMessage[] = [];
    for (const message of messages) {
      const offset = BigInt(message.offset);
      if (this.#next !== undefined && offset < this.#next) continue;
      this.#next = offset + 1n;
      const work = fromKafka(message);
      if (!work) foreign.push(message);
      else {
        this.#offsets.set(work, offset);
        this.#lanes.accept(work);
      }
    }
    return foreign;
  }

  /** Starts no handler any more; answers when the running ones have ended. */
  stop(): Promise<void> {
    this.isLeaving = true;
    return this.#lanes.pause();
  }

  /** Forgets what is unfinished: Kafka has it for the next owner. */
  release(): void {
    this.#lanes.release();
    this.#lanes.dispose();
  }

  /** The offset from which a next owner has to begin, where it has changed since the last commit. */
  toCommit(): bigint | undefined {
    if (this.#next === undefined) return undefined;
    let lowest = this.#next;
    for (const message of this.#lanes.unfinished()) {
      const offset = this.#offsets.get(message);
      if (offset !== undefined && offset < lowest) lowest = offset;
    }
    return lowest === this.#committed ? undefined : lowest;
  }

  committed(offset: bigint): void {
    this.#committed = offset;
  }
}
