/**
 * The port of the partitioned log that wakes conductors (design 7). Messages are wake-ups: the truth is the event
 * store, so that a lost or repeated message costs time and nothing else. `libs/work-log/src/contract.ts` tests it on
 * every adapter.
 */

/** Something happened to the node `key`: look at its stream. */
export interface WorkMessage {
  /** Node uuid. The same key always goes to the same partition and arrives in order. */
  readonly key: string;
  /** Position of the event in the store. Readers drop what is at or below the last one seen of the same key. */
  readonly position: number;
  readonly type: string;
}

/** The topic of a conductor group and hardware type: nodes of this kind are worked on from it. */
export const workTopic = (conductorGroup: string, hardwareType: string): string =>
  `work.${conductorGroup}.${hardwareType}`;

/** One who consumes a topic. Members of a topic share its partitions by consistent hashing on their host. */
export interface WorkMember {
  readonly host: string;
  /** Share of the work relative to the other members, 1 by default. */
  readonly weight?: number;
  /**
   * Partitions that are this member's from now on. Called, and awaited, before any of their messages is handled.
   * A rebalance tells only what changes.
   */
  onAssigned(partitions: readonly number[]): Promise<void> | void;
  /** Partitions that are no longer this member's. Called, and awaited, before they are given to another one. */
  onRevoked(partitions: readonly number[]): Promise<void> | void;
  /**
   * One message. Those of one key come one after another, by rising position; those of different keys concurrently,
   * also within a partition. A message whose handler rejects, or had not ended when its partition was revoked, is
   * delivered again (to the new owner). One that waits may be left out once a newer one of its key is there: only the
   * newest is sure to arrive.
   */
  handle(message: WorkMessage): Promise<void>;
}

export interface WorkMembership {
  /** Hands the partitions over: waits for running handlers, revokes, and the others take over. May be repeated. */
  leave(): Promise<void>;
  /**
   * Whether the log is sure to count this member in at this moment: no effect is begun otherwise. On a log of several
   * processes it is so for half the time after which a member unheard of loses its partitions, by a clock that also
   * runs while the process does not.
   */
  isFresh(): boolean;
}

export interface WorkLog {
  readonly partitionsPerTopic: number;
  /** Creates the topic where it is missing. Comes before anything is published to it or joins it. */
  ensureTopic(topic: string): Promise<void>;
  /** Appends in order; answers once the log has them. Kept while there is no member. Only the relay calls it. */
  publish(topic: string, messages: readonly WorkMessage[]): Promise<void>;
  /** Joins the consumers of a topic. Two members of one topic must not have the same host. */
  join(topic: string, member: WorkMember): Promise<WorkMembership>;
  /** Which partition the key belongs to, the same everywhere. */
  partitionOf(key: string): number;
  /** Host that owns the key at this moment as far as is known here, or undefined where there is none. */
  ownerOf(topic: string, key: string): string | undefined;
  /** Hosts by partition, of the topic's partitions that have one: what {@link ownerOf} goes by. */
  owners(topic: string): ReadonlyMap<number, string>;
  /** Wake-ups of the topic that no member has finished yet. @throws Error when the log does not say */
  lag(topic: string): Promise<number>;
  /** Answers once it has been seen who owns what. Before that nobody seems to own anything. */
  ownersSeen(): Promise<void>;
  /** Every member leaves, and nothing is taken any more. May be repeated. */
  close(): Promise<void>;
}
