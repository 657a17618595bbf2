/**
 * An event as the world outside sees it, in the attributes of CloudEvents 1.0. Repeats carry the same id.
 */
export interface PublicEvent {
  readonly id: string;
  /** Names the installation's event store. */
  readonly source: string;
  readonly type: string;
  /** What it is about: the stream. */
  readonly subject: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Node uuid, else the resource's own id: events of one key come in order. */
  readonly key: string;
  /** Extension attributes: names of lower-case letters and digits. */
  readonly extensions: Readonly<Record<string, string>>;
  /** As JSON, without secrets. */
  readonly data: object;
}

/** The port of the public topic of events (design 7). */
export interface PublicLog {
  /** What the last publication that was completed left, or nothing. */
  checkpoint(): Promise<string | undefined>;
  /**
   * Appends in order and answers once the log has the events and the checkpoint. What broke off in between is
   * published again: readers drop repeats by id.
   */
  publish(events: readonly PublicEvent[], checkpoint: string): Promise<void>;
}
