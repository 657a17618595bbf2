import { describe, expect, it } from '@jest/globals';
import type { Page, RecordedEvent } from '#domain';
import { anEvent, turn, until } from '#testing';
import { Tail } from './tail.js';

const event = (position: number): RecordedEvent => ({
  ...anEvent(`e${position}`),
  stream: 'a',
  revision: position - 1,
  position,
  recorded: '2026-01-01T00:00:00.000Z',
});
const events = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => event(from + index));

/** A tail over a disk that counts what is read from it. */
const aTail = (head: number) => {
  const disk = { written: events(1, head), reads: [] as number[] };
  const read = (after: number, limit: number): Page => {
    const page = disk.written.slice(after, after + limit);
    disk.reads.push(page.length);
    const position = page.at(-1)?.position ?? after;
    return { events: page, position, atHead: position >= disk.written.length };
  };
  const tail = new Tail(head, read);
  const write = (count: number) => {
    const news = events(disk.written.length + 1, disk.written.length + count);
    for (const each of news) disk.written.push(each);
    tail.add(news, disk.written.length);
  };
  return { tail, disk, write };
};

describe('The tail of a store', () => {
  it('serves those who keep up from memory', async () => {
    const { tail, disk, write } = aTail(100);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const page of tail.follow(100, {})) seen.push(...page.events.map(({ position }) => position));
    })();
    for (let burst = 0; burst < 20; burst++) {
      write(90);
      await turn();
    }
    await until(() => seen.length === 1_800, 'all events');
    tail.end();
    await reading;
    expect(seen).toEqual(events(101, 1_900).map(({ position }) => position));
    expect(disk.reads).toEqual([]);
  });

  it('sends those who fall behind to the disk, and keeps a bounded number of events for all', async () => {
    const { tail, disk, write } = aTail(0);
    const gate = Promise.withResolvers<void>();
    let seen = 0;
    const reading = (async () => {
      for await (const page of tail.follow(0, { batchSize: 100 })) {
        seen += page.events.length;
        if (page.position > 0) await gate.promise;
      }
    })();
    await turn();
    write(100);
    await until(() => seen === 100, 'the first batch');
    for (let burst = 0; burst < 50; burst++) write(1_000);
    gate.resolve();
    await until(() => seen === 50_100, 'the rest');
    tail.end();
    await reading;
    const fromMemory = 50_100 - disk.reads.reduce((sum, count) => sum + count, 0);
    expect(fromMemory).toBeGreaterThan(0);
    expect(fromMemory).toBeLessThanOrEqual(1_200);
  });

  it('takes a commit of any size', () => {
    const { write } = aTail(0);
    expect(() => write(200_000)).not.toThrow();
  });

  it('lets others have their turn while it reads through what a filter does not pass', async () => {
    const { tail, disk } = aTail(20_000);
    const order: string[] = [];
    const reading = (async () => {
      for await (const page of tail.follow(0, { batchSize: 10, filter: { types: ['Nothing'] } }))
        if (page.atHead) order.push('at the head');
    })();
    setImmediate(() => order.push('another'));
    await until(() => order.length === 2, 'the head');
    tail.end();
    await reading;
    expect(order).toEqual(['another', 'at the head']);
    expect(disk.reads).toHaveLength(2_000);
  });

  it('reads on where it is asked for batches of nothing', async () => {
    const { tail } = aTail(3);
    const sizes: number[] = [];
    for await (const page of tail.follow(0, { batchSize: 0 })) {
      sizes.push(page.events.length);
      if (page.atHead) break;
    }
    expect(sizes).toEqual([1, 1, 1]);
  });
});
