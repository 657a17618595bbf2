import type { Consumer, ConsumerGroupJoinEvent, EachBatchPayload, RequestEvent } from 'kafkajs';
import type { WorkMember } from '#domain';
import { inTime, tell } from '../hand-over.js';
import { WorkLogFault } from '../work-log-options.js';
import { disconnected } from './disconnected.js';
import { type Settings, kafkaClient } from './kafka-options.js';
import { MEMBER_DATA_VERSION } from './member-data.js';
import { OwnedPartition } from './owned-partition.js';
import { pause } from './pause.js';
import { ringAssigner } from './ring-assigner.js';

/** Handing over ended, or took too long: the group has to divide anew. kafkajs joins again where it meets this type. */
class HandedOver extends Error {
  override readonly name = 'HandedOver';
  readonly type = 'REBALANCE_IN_PROGRESS';
}

class LeftMeanwhile extends Error {
  override readonly name = 'LeftMeanwhile';
}

type Commit = EachBatchPayload['commitOffsetsIfNecessary'];

const LONGEST_WAIT_MS = 5000;
/** Nothing depends on the last commit but how much is done twice. */
const LAST_COMMIT_MS = 2000;

/**
 * A member of the consumers of one topic. Ownership is by partition and survives rebalances that do not move it: see
 * `divide`. Under one id in the group it is exclusive, and commits are right; with the id everything is lost at once.
 *
 * A consumer that ended, for whatever reason, is followed by a new one until the member leaves.
 */
export class KafkaMember {
  readonly #owned = new Map<number, OwnedPartition>();
  readonly #joined = Promise.withResolvers<void>();
  readonly #toldToGo = Promise.withResolvers<void>();
  readonly #life: Promise<void>;
  /** The member's callbacks come one after another. */
  #told: Promise<void> = Promise.resolve();
  #memberId = '';
  /** The group does not know yet what was handed over. */
  #hasHandedOver = false;
  #requestedAt = 0;
  #seenAt = Number.NEGATIVE_INFINITY;
  #consumer?: Consumer;
  #commit?: Commit;
  #committing?: Promise<void>;
  #cancelCommits?: () => void;
  #left?: Promise<void>;
  #isGone = false;

  constructor(
    /** Its name in Kafka, and that of the group. */
    private readonly topic: string,
    private readonly member: WorkMember,
    private readonly settings: Settings,
    private readonly onChange: () => void,
  ) {
    this.#scheduleCommits();
    this.#life = this.#live();
  }

  get host(): string {
    return this.member.host;
  }

  get isLeaving(): boolean {
    return this.#left !== undefined;
  }

  /** Answers when the group counts it in and it knows what is its own, or when it has left. */
  joined(): Promise<void> {
    return Promise.race([this.#joined.promise, this.#life]);
  }

  owns(partition: number): boolean {
    return this.#owned.has(partition);
  }

  isFresh(): boolean {
    return performance.now() - this.#seenAt < this.settings.sessionTimeoutMs / 2;
  }

  leave(): Promise<void> {
    return (this.#left ??= this.#leave());
  }

  async #leave(): Promise<void> {
    await this.#handOver([...this.#owned.values()]);
    this.#toldToGo.resolve();
    await this.#life;
    this.#isGone = true;
    this.#cancelCommits?.();
    await this.#told;
    this.onChange();
  }

  async #live(): Promise<void> {
    for (let failures = 0; !this.#left;) {
      const consumer = this.#build();
      this.#consumer = consumer;
      const startedAt = performance.now();
      const { starting, crashed } = this.#start(consumer);
      const ended = starting.then(() => crashed).catch((error: unknown) => error);
      const cause = await Promise.race([ended, this.#toldToGo.promise]);
      this.#consumer = undefined;
      await disconnected(consumer, starting);
      this.#loseEverything();
      if (cause === undefined) return;
      failures = performance.now() - startedAt > 60_000 ? 1 : failures + 1;
      this.#report(`The consumer of ${this.topic} ended: beginning anew.`, cause);
      await pause(this.settings.clock, Math.min(100 * 2 ** failures, LONGEST_WAIT_MS), this.#toldToGo.promise);
    }
  }

  #build(): Consumer {
    const { sessionTimeoutMs } = this.settings;
    return kafkaClient(this.settings).consumer({
      groupId: this.topic,
      partitionAssigners: [
        ringAssigner(
          () => this.#data(),
          host => this.#report(`The host ${host} is there twice on ${this.topic}: one of the two gets nothing.`),
        ),
      ],
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.floor(sessionTimeoutMs / 12),
      rebalanceTimeout: 2.5 * sessionTimeoutMs,
      // An idle consumer comes round to heartbeats and rebalances as often as this.
      maxWaitTimeInMs: 200,
      minBytes: 1,
      maxBytesPerPartition: 262_144,
      metadataMaxAge: 10_000,
      allowAutoTopicCreation: false,
    });
  }

  /** `crashed` answers the error with which the consumer ended. */
  #start(consumer: Consumer): { starting: Promise<void>; crashed: Promise<unknown> } {
    const { events } = consumer;
    const crashed = Promise.withResolvers<unknown>();
    consumer.on(events.CRASH, ({ payload }) => crashed.resolve(payload.error));
    consumer.on(events.REQUEST, event => this.#onRequest(event));
    consumer.on(events.HEARTBEAT, () => (this.#seenAt = this.#requestedAt));
    consumer.on(events.GROUP_JOIN, event => {
      // Thrown here it ends a consumer that was still joining when it was told to go: the group would count it in.
      if (consumer !== this.#consumer) throw new LeftMeanwhile('The member has left while it joined.');
      this.#onJoin(event);
    });
    // Thrown here it reaches the loop of kafkajs, which takes it for the broker's word and joins again.
    consumer.on(events.FETCH_START, () => {
      if (this.#hasHandedOver) throw new HandedOver('Partitions were handed over.');
    });
    return { starting: this.#run(consumer), crashed: crashed.promise };
  }

  async #run(consumer: Consumer): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topic: this.topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 8,
      eachBatch: async payload => this.#onBatch(payload),
    });
  }

  /** What the group is told at each join. */
  #data() {
    this.#hasHandedOver = false;
    const { host, weight = 1 } = this.member;
    return { version: MEMBER_DATA_VERSION, host, weight, memberId: this.#memberId, owned: [...this.#owned.keys()] };
  }

  /** The broker counts from when it hears of us: from when we asked is on the safe side. */
  #onRequest({ payload: { apiName, duration } }: RequestEvent): void {
    if (apiName === 'Heartbeat' || apiName === 'SyncGroup')
      this.#requestedAt = performance.now() - Math.max(0, duration);
  }

  #onJoin({ payload: { memberId, memberAssignment } }: ConsumerGroupJoinEvent): void {
    this.#seenAt = this.#requestedAt;
    // Expelled, and back under another id: others had the partitions in between.
    if (memberId !== this.#memberId) this.#loseEverything();
    this.#memberId = memberId;
    const assigned = new Set(memberAssignment[this.topic] ?? []);
    const moving = [...this.#owned.values()].filter(({ id, isLeaving }) => !isLeaving && !assigned.has(id));
    if (moving.length > 0) void this.#handOver(moving);
    if (!this.#left) this.#gain([...assigned].filter(id => !this.#owned.has(id)));
    void this.#told.then(() => this.#joined.resolve());
    this.onChange();
  }

  #gain(ids: readonly number[]): void {
    if (ids.length === 0) return;
    const gained = ids.map(id => new OwnedPartition(id, this.member, this.settings));
    for (const partition of gained) this.#owned.set(partition.id, partition);
    // kafkajs remembers what was paused when it was here before.
    this.#resume(ids);
    void this.#tell('onAssigned', gained).then(() => gained.forEach(partition => partition.open()));
  }

  /** Ends what runs, as far as it does in time, and gives the partitions away. */
  async #handOver(partitions: readonly OwnedPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    const stopped = Promise.all(partitions.map(partition => partition.stop()));
    await inTime(this.settings, `handle of ${this.member.host} on ${this.topic}`, stopped);
    await this.#revoke(partitions);
    await pause(this.settings.clock, LAST_COMMIT_MS, this.#commitFinished());
    for (const partition of partitions) this.#forget(partition);
    if (!this.#left) this.#hasHandedOver = true;
  }

  /** Others may have the partitions by now: nothing is waited for. */
  #loseEverything(): void {
    this.#commit = undefined;
    this.#seenAt = Number.NEGATIVE_INFINITY;
    const lost = [...this.#owned.values()];
    for (const partition of lost) {
      void partition.stop();
      this.#forget(partition);
    }
    void this.#revoke(lost);
  }

  #forget(partition: OwnedPartition): void {
    if (this.#owned.get(partition.id) === partition) this.#owned.delete(partition.id);
    partition.release();
  }

  /** Tells of each partition once, whether it was handed over or lost, or lost while it was handed over. */
  async #revoke(partitions: readonly OwnedPartition[]): Promise<void> {
    const untold = partitions.filter(({ isRevoked }) => !isRevoked);
    for (const partition of untold) partition.isRevoked = true;
    if (untold.length > 0) await this.#tell('onRevoked', untold);
  }

  #tell(what: 'onAssigned' | 'onRevoked', partitions: readonly OwnedPartition[]): Promise<void> {
    const { settings, topic, member } = this;
    const told = this.#told.then(() => {
      const ready = tell(
        settings,
        topic,
        member,
        what,
        partitions.map(({ id }) => id),
      );
      return inTime(settings, `${what} of ${member.host} on ${topic}`, ready);
    });
    this.#told = told.then(() => undefined);
    return this.#told;
  }

  #onBatch({ batch, commitOffsetsIfNecessary }: EachBatchPayload): void {
    this.#commit = commitOffsetsIfNecessary;
    const partition = this.#owned.get(batch.partition);
    if (!partition) return;
    for (const { offset } of partition.take(batch.messages))
      this.#report(`The message ${batch.partition}/${offset} of ${this.topic} is none of ours: left out.`);
    if (partition.size <= this.settings.keysAtWork) return;
    partition.isPaused = true;
    this.#consumer?.pause([{ topic: this.topic, partitions: [partition.id] }]);
  }

  /** kafkajs refuses while it does not run: then nothing is fetched anyway, and it is asked again. */
  #resume(partitions: readonly number[]): boolean {
    try {
      this.#consumer?.resume([{ topic: this.topic, partitions: [...partitions] }]);
      return true;
    } catch {
      return false;
    }
  }

  #scheduleCommits(): void {
    this.#cancelCommits = this.settings.clock.after(this.settings.commitEveryMs, () => {
      void this.#commitFinished().then(() => {
        this.#fetchOn();
        if (!this.#isGone) this.#scheduleCommits();
      });
    });
  }

  #fetchOn(): void {
    const { keysAtWork } = this.settings;
    const ready = [...this.#owned.values()].filter(({ isPaused, size }) => isPaused && size <= keysAtWork / 2);
    if (ready.length > 0 && this.#resume(ready.map(({ id }) => id))) for (const each of ready) each.isPaused = false;
  }

  /** One commit at a time; one that fails is made up for by the next. */
  #commitFinished(): Promise<void> {
    return (this.#committing ??= this.#commitNow().finally(() => (this.#committing = undefined)));
  }

  async #commitNow(): Promise<void> {
    const due = [...this.#owned.values()].flatMap(partition => {
      const offset = partition.toCommit();
      return offset === undefined ? [] : [{ partition, offset }];
    });
    if (due.length === 0 || !this.#commit) return;
    const partitions = due.map(({ partition: { id }, offset }) => ({ partition: id, offset: `${offset}` }));
    try {
      // Not by the consumer's own method, which repeats under whatever id it has by then.
      await this.#commit({ topics: [{ topic: this.topic, partitions }] });
      for (const { partition, offset } of due) partition.committed(offset);
    } catch {
      // Around rebalances and when Kafka is away commits fail: at worst something is done twice.
    }
  }

  #report(message: string, cause?: unknown): void {
    this.settings.onFault(new WorkLogFault(message, { cause }));
  }
}
