import type { FormerStore, StoreIdentity } from '#domain';
import type { Row } from './sqlite/recorded.js';

/** An event as a store holds it, not as one of today's: JSON as text, `recorded` in milliseconds since 1970. */
export type StoredRow = Row;

/** The store whose events are moved into another. */
export interface Origin extends FormerStore {
  /** All of it is there: the store may be served. Until then it cannot be opened. */
  readonly isComplete: boolean;
}

/** The identity of a store into which all events of another were moved, if they were. */
export const withOrigin = (identity: StoreIdentity, origin: Origin | undefined): StoreIdentity => {
  if (!origin) return identity;
  const { storeId, generation, upTo } = origin;
  return { ...identity, movedFrom: { storeId, generation, upTo } };
};

/**
 * A store that takes over the events of another, with their ids, their order and the times they were recorded at. At
 * every moment it holds the first so many events of the origin and nothing else, so that its newest event says where to
 * go on.
 */
export interface ImportTarget {
  readonly identity: StoreIdentity;
  /** What was moved into it so far, or nothing. */
  origin(): Promise<Origin | undefined>;
  newest(): Promise<StoredRow | undefined>;
  /** @throws ImportRefused where the store holds events */
  begin(origin: StoreIdentity): Promise<void>;
  /** Writing one twice does no harm. */
  putBlob(content: Uint8Array): Promise<void>;
  /** @throws BlobMissing */
  blob(hash: string, sizeBytes: number): Promise<Uint8Array>;
  /**
   * The next events in the order of the origin. Answers when they are durable; a crash leaves a prefix.
   *
   * @throws ImportRefused where somebody else has appended · StoreUnavailable · OutcomeUnknown
   */
  append(rows: readonly StoredRow[]): Promise<void>;
  /** In the order of the store, after a position (exclusive), at most so many; none at its end. */
  after(position: number, limit: number): Promise<readonly StoredRow[]>;
  positionOf(stream: string, revision: number): Promise<number>;
  /** From now on it may be opened. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** The store cannot take over these events: the sentence says why. */
export class ImportRefused extends Error {}

export const UNFINISHED =
  'Events are still being moved into it: run the same "ferrolog migrate" again until it is done.';
