/** Time as a port, so that tests and simulations have their own. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Calls back once, not before `delayMs` have passed; the answer cancels. */
  after(delayMs: number, callback: () => void): () => void;
}
