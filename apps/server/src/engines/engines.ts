import type {
  BlobStore,
  EventStore,
  HardwareReads,
  KeyStore,
  PublicLog,
  Signals,
  Telemetry,
  WebhookPlaces,
  WorkLog,
} from '#domain';
import type { Checkpoint } from '#event-store/follower';
import type { Duty } from '#postgres';
import type { ReadModel } from '#read-model';
import type { Rebuilt } from '#apps/projector';

/** What everything stands on, behind the ports of the domain. Which engines these are, nobody else knows. */
export interface Engines {
  readonly store: EventStore & BlobStore;
  /** What its adapter counted, if it counts. */
  readonly storeCounters?: () => Readonly<Record<string, number>>;
  readonly keys: KeyStore;
  /** Up to where keys were erased that events say are over. */
  readonly erased: Checkpoint;
  readonly telemetry: Telemetry;
  readonly webhookPlaces: WebhookPlaces;
  readonly log: WorkLog;
  /** Where events are published for the world outside, if anywhere. */
  readonly publicLog?: PublicLog;
  readonly signals: Signals;
  readonly readSide: ReadSidePort;
  /** Where a follower goes on that begins at the head of the store. */
  checkpoint(follower: string): Promise<Checkpoint>;
  /** What one process does for all: now, or as soon as it is this one's turn. */
  asTheOnlyOne(name: string, begin: () => Duty | Promise<Duty>): Duty;
  /** Reads of hardware by whichever process owns the node; answers those of others by its own, where it has any. */
  hardwareReads(own?: HardwareReads): HardwareReads;
  /** What stands in the way of answering requests; empty when nothing does. */
  impediments(): readonly string[];
}

export interface ReadSidePort {
  /** The read model in force: asked for anew by every request, because a rebuild swaps it. */
  readonly current: ReadModel;
  readonly isUpToDate: boolean;
  /** Nodes that are in one of the states, as far as is known here. */
  nodesIn(...states: readonly string[]): number;
  /** Waits, with a bound, until this process reads what was written up to the position. */
  reached(position: number): Promise<void>;
  /** Answers when everything that is in the store now is in the rows. */
  caughtUp(): Promise<void>;
  rebuild(): Promise<Rebuilt>;
  /** Writes the rows, where that is not done by whoever commits. */
  project?(): Duty;
}

export type AtEnd = (end: () => Promise<unknown> | unknown) => void;
