/**
 * The port of the event store. The comments are the contract; `libs/event-store/src/contract.ts` tests it on
 * every adapter.
 */

/** Who wrote an event, why and in answer to what. Flat strings only, so that every store can keep it (design 5). */
export interface EventMetadata {
  /** Id of the root command, the same on everything it brought about. */
  readonly $correlationId: string;
  /** Id of the direct parent: the event that led to the command, or the command itself when a principal sent it. */
  readonly $causationId: string;
  readonly commandId: string;
  readonly actorKind: ActorKind;
  readonly actorId: string;
  readonly actorProject?: string;
  /** Comma-separated. */
  readonly actorRoles?: string;
  /** Address and user agent, sealed under a key of the actor's own. */
  readonly actorOrigin?: string;
  /** When it happened, by the clock of who reports it (ISO 8601, UTC). `recorded` is the store's. */
  readonly occurred: string;
  /** Version of the code that wrote it. */
  readonly codeVersion: string;
  /** Version of the event's data; absent means "1". */
  readonly schemaVersion?: string;
  /** Lowest event vocabulary a reader must know to decide on this stream. */
  readonly readableBy: string;
  /** W3C trace context of the request. */
  readonly traceparent?: string;
  /** For events of nodes: where the node's work goes. */
  readonly conductorGroup?: string;
  readonly hardwareType?: string;
  /** For events that move a node to another group or type: where its work went before. */
  readonly previousConductorGroup?: string;
  readonly previousHardwareType?: string;
}

export type ActorKind = 'user' | 'service' | 'system' | 'conductor' | 'agent' | 'anonymous';

/** An event before the store has it. */
export interface NewEvent<Type extends string = string, Data extends object = object> {
  /** UUIDv5 of command, stream, revision and content: a repeated append carries the same ids. */
  readonly id: string;
  readonly type: Type;
  readonly data: Data;
  readonly metadata: EventMetadata;
}

/**
 * An event as the store gives it back: whatever version it was written in, it is read as one of today (`upcast`). So
 * nobody else has to think of old versions.
 */
export interface RecordedEvent<Type extends string = string, Data extends object = object> extends NewEvent<
  Type,
  Data
> {
  readonly stream: string;
  /** Place in its stream: 0, 1, 2 … without holes. */
  readonly revision: number;
  /** Place in the whole store: grows, may have holes. Comparable within one store and generation only. */
  readonly position: number;
  /** When the store took it (ISO 8601 UTC, milliseconds). The later event may have the earlier time: clocks step. */
  readonly recorded: string;
}

/** The revision a stream must have for an append to be taken: that of its last event, or none. There is no "any". */
export type ExpectedRevision = number | 'no stream';

export interface StreamAppend {
  /** Stands once in a call. */
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** At least one. */
  readonly events: readonly NewEvent[];
}

export interface Page {
  /** Where a filter passes few there may be less than asked for, or nothing, though there is more: see `atHead`. */
  readonly events: readonly RecordedEvent[];
  /** Read on after this position; the whole store was read when `atHead`. */
  readonly position: number;
  readonly atHead: boolean;
}

/** Both filters must pass; an empty one passes everything. Prefixes of stream names and event types. */
export interface EventFilter {
  readonly streams?: readonly string[];
  readonly types?: readonly string[];
}

export interface StoreIdentity {
  /** Names the store for ever. */
  readonly storeId: string;
  /** Grows when the store was put back to an earlier state (a restored backup): positions of before are void. */
  readonly generation: number;
  /** The store that its events were moved from: what clients remember may be positions of that one. */
  readonly movedFrom?: FormerStore;
}

export interface FormerStore extends Pick<StoreIdentity, 'storeId' | 'generation'> {
  /** Events up to this position (of this store) tell of positions there; 0 where those are the same ones here. */
  readonly upTo: number;
}

/**
 * The store whose positions an event tells of, by its own position here: an event that was moved tells of those of the
 * store that recorded it. A backup that is put back changes nothing about it: what an event tells of came before it.
 */
export const storeOf = (identity: StoreIdentity, position: number): Pick<StoreIdentity, 'storeId' | 'generation'> =>
  identity.movedFrom && position <= identity.movedFrom.upTo ? identity.movedFrom : identity;

/** A place in the events of one store, as the world outside gets it: opaque there, and read only here (design 6). */
export const positionToken = (
  { storeId, generation }: Pick<StoreIdentity, 'storeId' | 'generation'>,
  position: number,
): string => `${storeId}-${generation.toString(36)}-${position.toString(36)}`;

/** Undefined where it is no token. Of which store it is, and whether it is reached yet, is for the caller to see. */
export const positionInToken = (token: string): (StoreIdentity & { readonly position: number }) | undefined => {
  const match = /^([0-9a-f]{8})-([0-9a-z]{1,8})-([0-9a-z]{1,12})$/.exec(token);
  if (!match) return undefined;
  const [, storeId, generation, position] = match as unknown as [string, string, string, string];
  return { storeId, generation: Number.parseInt(generation, 36), position: Number.parseInt(position, 36) };
};

export interface EventStore {
  readonly identity: StoreIdentity;
  /** Atomic over streams, or one stream after another in the order given (a crash may leave a prefix). */
  readonly atomicAcrossStreams: boolean;

  /**
   * Appends, and answers only once it is durable, with the events of all streams in the order given, as later reads
   * give them. Either all events of one stream are taken or none.
   *
   * An append that the store already holds (same ids at the same revisions) is answered as it was the first time. In a
   * call for several streams that goes for each of them: what is missing is appended.
   *
   * @throws InvalidAppend what was asked for can never be appended: a defect of the caller; nothing was written
   * @throws WrongExpectedRevision a stream has another revision; nothing of this stream was written
   * @throws EventTooLarge an event is over {@link MAX_EVENT_BYTES}; nothing was written
   * @throws OutcomeUnknown repeat the identical call until it is known
   * @throws StoreUnavailable nothing was written; may be repeated later
   */
  append(appends: readonly StreamAppend[]): Promise<readonly RecordedEvent[]>;

  /** Events of one stream in order of revision, from `from` (inclusive) on; none when there is no such stream. */
  readStream(stream: string, from?: number, limit?: number): Promise<readonly RecordedEvent[]>;

  /** The newest events of one stream, newest first. */
  readStreamBackwards(stream: string, limit: number): Promise<readonly RecordedEvent[]>;

  /** A page of all events in order of position, after `after` (exclusive; 0 reads from the beginning). */
  readAll(after: number, limit: number, filter?: EventFilter): Promise<Page>;

  /** Position of the newest event, 0 in an empty store. */
  head(): Promise<number>;

  /**
   * Position that an instant (ISO 8601, UTC) means: that of the last event before the first one recorded later. Where
   * the store's clock stepped back, the running maximum of recorded times decides.
   */
  positionAt(instant: string): Promise<number>;

  /**
   * All events after `after`, then each new one, in order, until the caller stops iterating, `signal` aborts or the
   * store is closed. Yields batches; one that is `atHead`, empty or not, says that the head was reached. The store reads
   * on only when the batch before was taken: a slow reader delays itself alone.
   */
  subscribeToAll(
    after: number,
    options?: { filter?: EventFilter; batchSize?: number; signal?: AbortSignal },
  ): AsyncIterable<Page>;

  /** Answers what was asked for before; then everything is refused with StoreUnavailable. May be repeated. */
  close(): Promise<void>;
}

/** Things too big for an event, by the SHA-256 of their content. In the same durability domain as the events. */
export interface BlobStore {
  /** Durable before the append that is asked for next on the same store. */
  put(content: Uint8Array): Promise<BlobReference>;
  /** @throws BlobMissing */
  get(reference: BlobReference): Promise<Uint8Array>;
}

/** What stands in an event instead of the content. */
export interface BlobReference {
  readonly $blob: string;
  readonly sizeBytes: number;
}

/** Data of one event, serialised: what is meant to be usual, and what is refused (design 1). */
export const USUAL_EVENT_BYTES = 8 * 1024;
export const MAX_EVENT_BYTES = 64 * 1024;

export class WrongExpectedRevision extends Error {
  constructor(
    readonly stream: string,
    readonly expected: ExpectedRevision,
    readonly actual: ExpectedRevision,
  ) {
    super(`stream ${stream} is at ${actual}, not at ${expected}`);
  }
}

export class InvalidAppend extends Error {}

export class EventTooLarge extends Error {
  constructor(
    readonly type: string,
    readonly sizeBytes: number,
  ) {
    super(`an event of type ${type} has ${sizeBytes} bytes of data; the limit is ${MAX_EVENT_BYTES}`);
  }
}

export class OutcomeUnknown extends Error {}
export class StoreUnavailable extends Error {
  /** Whether asking again later may be answered, with nobody doing anything about it here. */
  readonly passes: boolean = true;
}
export class BlobMissing extends Error {}
