import { randomUUID } from 'node:crypto';
import type { EndPoint } from './faults.js';

/** The protocol's numbers of the states that tests need. */
const states = { Leader: 8, Follower: 6, PreReplica: 3, Clone: 5, ReadOnlyReplica: 14, Unknown: 2, ShuttingDown: 10 };

/** A node as gossip tells of it. */
export interface Member extends EndPoint {
  readonly state: keyof typeof states;
  /** True if not given. */
  readonly isAlive?: boolean;
}

/** 100 ns since the year 1. */
const ticks = (): string => String(621_355_968_000_000_000n + BigInt(Date.now()) * 10_000n);

export const clusterOf = (members: readonly Member[]) => ({
  members: members.map(({ host, port, state, isAlive = true }) => ({
    id: { text: randomUUID() },
    ticks: ticks(),
    state: states[state],
    isAlive,
    http: { host, port },
  })),
});
