/**
 * What is known and not recorded (design 12): signs of life. Lives with the owner of a node and in a table that no
 * rebuild touches. Losing it costs nothing: owners look for themselves.
 */
export interface Telemetry {
  /** An agent of the node was heard, at a time in milliseconds since 1970. */
  heard(nodeId: string, at: number): void;
  lastHeard(nodeId: string): number | undefined;
  forget(nodeId: string): void;
  /** A conductor lives. */
  conductorSeen(host: string, at: number): void;
  conductorGone(host: string): void;
  /** When each conductor was last seen; those that left in order are not there. */
  conductors(): ReadonlyMap<string, number>;
}

/** `heartbeat`: an agent was heard. `timer`: something that was waited for may have come. */
export type Signal = 'heartbeat' | 'timer';

/** Signals to whoever owns a node, by key. A lost one costs nothing. */
export interface Signals {
  send(nodeId: string, signal: Signal): void;
  /** Answers how to stop listening. */
  listen(listener: (nodeId: string, signal: Signal) => void): () => void;
}

/** Reads of the hardware by whoever owns the node: request and reply, with a deadline (design 10). */
export interface HardwareReads {
  /**
   * @throws Problem node.no-conductor · hardware.unsupported · hardware.failed · hardware.deadline
   */
  read(nodeId: string, type: string, question: string, args: object, deadlineMs: number): Promise<unknown>;
}

/** A conductor that was not seen for so long does not live (Ironic, conductor). */
export const CONDUCTOR_LIFE_MS = 60_000;
