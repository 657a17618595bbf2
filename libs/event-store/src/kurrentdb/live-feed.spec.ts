import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { until } from '#testing';
import { Tail } from '../tail.js';
import type { Client, Target } from './connection-string.js';
import { Connection } from './connection.js';
import { noCounts } from './counters.js';
import { LiveFeed } from './live-feed.js';
import { Reader } from './reading.js';

interface Place {
  readonly commit: bigint;
  readonly prepare: bigint;
}
const place = (commit: number, prepare = commit): Place => ({ commit: BigInt(commit), prepare: BigInt(prepare) });

const resolved = (position: number) => ({
  event: {
    id: `e${position}`,
    streamId: 'node-1',
    type: 'Tested',
    revision: 0n,
    data: {},
    metadata: {},
    created: new Date(0),
    position: place(position),
  },
});

/** A subscription in the test's hand. */
class Opened extends EventEmitter {
  readableLength = 0;
  constructor(
    readonly from: unknown,
    readonly checkpoint: (position: Place) => void,
  ) {
    super();
  }
  unsubscribe = async () => undefined;
}

const aFeed = () => {
  const opened: Opened[] = [];
  const client = {
    subscribeToAll({
      fromPosition,
      filter,
    }: {
      fromPosition: unknown;
      filter: { checkpointReached: CheckpointReached };
    }) {
      const subscription: Opened = new Opened(fromPosition, at => void filter.checkpointReached(subscription, at));
      opened.push(subscription);
      return subscription;
    },
    dispose: async () => undefined,
  } as unknown as Client;
  const target: Target = { makeClient: () => client, redact: text => text };
  const counters = noCounts();
  const connection = new Connection(target, 100, counters);
  const seen: number[] = [];
  const tail = new Tail(100, () => ({ events: [], position: 100, atHead: true }));
  const feed = new LiveFeed(connection, new Reader(connection, 100, counters), tail, 100, 60_000, counters);
  feed.start();
  const reading = (async () => {
    for await (const { events } of tail.follow(100, {})) seen.push(...events.map(({ position }) => position));
  })();
  const stop = async () => {
    await feed.stop();
    tail.end();
    await reading;
  };
  const next = async (count: number) => {
    await until(() => opened.length === count, `subscription ${count}`);
    return opened[count - 1]!;
  };
  return { next, seen, stop, counters };
};
type CheckpointReached = (subscription: Opened, position: Place) => unknown;

describe('The live feed', () => {
  it('goes on after the last event, however it is dropped, and gives nothing twice', async () => {
    const { next, seen, stop, counters } = aFeed();
    const first = await next(1);
    expect(first.from).toEqual(place(100));
    first.emit('data', resolved(200));
    first.emit('error', Object.assign(new Error('10 ABORTED: Consumer too slow'), { type: 'unknown', code: 10 }));
    const second = await next(2);
    expect(second.from).toEqual(place(200));
    for (const position of [200, 300]) second.emit('data', resolved(position));
    second.emit('end');
    expect((await next(3)).from).toEqual(place(300));
    await until(() => seen.length === 2, 'both events');
    expect(seen).toEqual([200, 300]);
    expect(counters).toMatchObject({ subscriptions: 3, subscriptionsLost: 2, liveEvents: 2 });
    await stop();
  });

  it('goes on at a checkpoint, where nothing of ours was before it', async () => {
    const { next, stop } = aFeed();
    const first = await next(1);
    first.emit('data', resolved(200));
    first.checkpoint(place(900, 0));
    first.emit('close');
    expect((await next(2)).from).toEqual(place(900, 0));
    await stop();
  });

  it('does not trust a checkpoint that overtook events', async () => {
    const { next, stop } = aFeed();
    const first = await next(1);
    first.readableLength = 1;
    first.checkpoint(place(900, 0));
    first.emit('error', new Error('14 UNAVAILABLE: read ECONNRESET'));
    expect((await next(2)).from).toEqual(place(100));
    await stop();
  });
});
