import type { BlobStore, EventStore, KeyStore, Signals, Telemetry, WebhookPlaces, WorkLog } from '#domain';
import type { Checkpoint } from '#event-store/follower';
import type { ReadModel } from '#read-model';
import type { Rebuilt } from '#apps/projector';

/** What everything stands on, behind the ports of the domain. Which engines these are, nobody else knows. */
export interface Engines {
  readonly store: EventStore & BlobStore;
  readonly keys: KeyStore;
  /** Up to where keys were erased that events say are over. */
  readonly erased: Checkpoint;
  readonly telemetry: Telemetry;
  readonly webhookPlaces: WebhookPlaces;
  readonly log: WorkLog;
  readonly signals: Signals;
  readonly readSide: ReadSidePort;
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
}

export type AtEnd = (end: () => Promise<unknown> | unknown) => void;
