/** What the adapter counted since it was opened: a plain object, to be shown or exported as it is. */
export interface Counters {
  appends: number;
  appendedEvents: number;
  conflicts: number;
  /** Calls that were asked again after a fault, and what became of those that were given up. */
  repeats: number;
  unknownOutcomes: number;
  unavailable: number;
  reads: number;
  readEvents: number;
  clientsReplaced: number;
  /** The live subscription: how often it was opened, and ended by the server, the network or our own watch. */
  subscriptions: number;
  subscriptionsLost: number;
  liveEvents: number;
}

export const noCounts = (): Counters => ({
  appends: 0,
  appendedEvents: 0,
  conflicts: 0,
  repeats: 0,
  unknownOutcomes: 0,
  unavailable: 0,
  reads: 0,
  readEvents: 0,
  clientsReplaced: 0,
  subscriptions: 0,
  subscriptionsLost: 0,
  liveEvents: 0,
});

/** By the last call of its kind, as nothing that the server says of its health tells whether it can be written to. */
export interface Health {
  readonly reads: 'unknown' | 'up' | 'down';
  readonly appends: 'unknown' | 'up' | 'down';
  readonly subscription: 'up' | 'down';
}
