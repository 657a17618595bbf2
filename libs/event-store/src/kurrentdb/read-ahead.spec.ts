import { describe, expect, it } from '@jest/globals';
import type { Page, RecordedEvent } from '#domain';
import { anEvent } from '#testing';
import { readAhead } from './read-ahead.js';

/** Positions 1 to `count`, read through pages of the size asked for. */
const aStore = (count: number) => {
  const asked: number[] = [];
  const read = readAhead(async (after, limit): Promise<Page> => {
    asked.push(after);
    const events = Array.from({ length: Math.min(limit, count - after) }, (_, index): RecordedEvent => {
      const position = after + index + 1;
      return { ...anEvent(`e${position}`), stream: 'a', revision: position - 1, position, recorded: '' };
    });
    const position = after + events.length;
    return { events, position, atHead: position === count };
  });
  return { read, asked };
};

describe('Reading ahead', () => {
  it('gives small batches of large pages, nothing twice and nothing left out', async () => {
    const { read, asked } = aStore(1_200);
    const seen: number[] = [];
    const sizes = new Set<number>();
    for (let page: Page = { events: [], position: 0, atHead: false }; !page.atHead;) {
      page = await read(page.position, 7);
      seen.push(...page.events.map(({ position }) => position));
      sizes.add(page.events.length);
    }
    expect(seen).toEqual(Array.from({ length: 1_200 }, (_, index) => index + 1));
    expect(Math.max(...sizes)).toBe(7);
    expect(asked).toEqual([0, 500, 1_000]);
  });

  it('asks anew for any other place', async () => {
    const { read, asked } = aStore(100);
    expect((await read(0, 10)).position).toBe(10);
    expect((await read(50, 10)).events[0]!.position).toBe(51);
    expect((await read(10, 10)).events[0]!.position).toBe(11);
    expect(asked).toEqual([0, 50, 10]);
  });
});
