import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { StoreUnavailable } from '#domain';
import type { Client, Target } from './connection-string.js';
import { Connection } from './connection.js';
import { noCounts } from './counters.js';
import { Reader } from './reading.js';

interface Read {
  readonly direction: 'forwards' | 'backwards';
  readonly fromPosition: 'start' | 'end' | { readonly commit: bigint };
}

const resolved = (position: number) => ({
  event: {
    id: `e${position}`,
    streamId: 'node-1',
    type: 'Tested',
    revision: 0n,
    data: {},
    metadata: {},
    created: new Date(0),
    position: { commit: BigInt(position), prepare: BigInt(position) },
  },
});

/** A store whose server looks for ever without finding anything, and tells by checkpoints how far it has come. */
const aLongSearch = (positions: readonly number[], checkpoints: readonly bigint[], match?: number) => {
  const client = {
    async *readAll({ direction, fromPosition }: Read) {
      if (direction === 'forwards') await new Promise(() => undefined);
      const before = typeof fromPosition === 'object' ? Number(fromPosition.commit) : Infinity;
      const newest = positions.findLast(position => position < before);
      if (newest !== undefined) yield resolved(newest);
    },
    subscribeToAll({ filter }: { filter: { checkpointReached(of: unknown, at: { commit: bigint }): void } }) {
      const subscription = Object.assign(new EventEmitter(), { unsubscribe: async () => undefined, readableLength: 0 });
      setImmediate(() => {
        if (match !== undefined) subscription.emit('data', resolved(match));
        for (const commit of checkpoints) filter.checkpointReached(subscription, { commit });
      });
      return subscription;
    },
    dispose: async () => undefined,
  } as unknown as Client;
  const target: Target = { makeClient: () => client, redact: text => text };
  return new Reader(new Connection(target, 200, noCounts()), 60, noCounts());
};

describe('A search that takes longer than a call may', () => {
  const positions = [100, 250, 400, 900];

  it('moves on to the last event before the checkpoint that it came to', async () => {
    const reader = aLongSearch(positions, [0n, 300n, 420n]);
    const page = await reader.page(100, 10, { types: ['Seldom'] });
    expect(page).toEqual({ events: [], position: 400, atHead: false });
  });

  it('does not pass over the event that is at the checkpoint itself', async () => {
    const reader = aLongSearch(positions, [400n]);
    expect(await reader.page(100, 10, { types: ['Seldom'] })).toMatchObject({ position: 250 });
  });

  it('stops before what it found, though checkpoints go on', async () => {
    const reader = aLongSearch(positions, [950n], 400);
    expect(await reader.page(100, 10, { types: ['Seldom'] })).toMatchObject({ position: 250 });
  });

  it('is refused where it comes nowhere, rather than pretending to', async () => {
    const reader = aLongSearch(positions, []);
    await expect(reader.page(100, 10, { types: ['Seldom'] })).rejects.toBeInstanceOf(StoreUnavailable);
  });

  it('is not begun at the head', async () => {
    const reader = aLongSearch(positions, []);
    const page = await reader.page(900, 10, { types: ['Seldom'] });
    expect(page).toEqual({ events: [], position: 900, atHead: true });
  });
});
