import { describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { isoOf } from '#domain';
import { anEvent } from '#testing';
import { TimeIndex } from './time-index.js';

/** Events at positions 10, 20 …, recorded at these times. */
const recordedAt = (times: readonly number[]) => {
  const events = times.map((ms, revision): RecordedEvent => {
    const position = (revision + 1) * 10;
    return { ...anEvent(`e${revision}`), stream: 'a', revision, position, recorded: isoOf(ms) };
  });
  const reads: number[] = [];
  const index = new TimeIndex(async (after, limit) => {
    const rest = events.filter(({ position }) => position > after);
    const page = rest.slice(0, limit);
    reads.push(page.length);
    return { events: page, position: page.at(-1)?.position ?? after, atHead: rest.length <= limit };
  });
  return { reads, at: (ms: number) => index.positionAt(isoOf(ms)) };
};

describe('The position of an instant', () => {
  it('is that of the last event before the first one that was recorded later', async () => {
    const { at } = recordedAt([100, 200, 200, 300]);
    expect(await Promise.all([99, 100, 199, 200, 299, 300, 999].map(at))).toEqual([0, 10, 10, 30, 30, 40, 40]);
  });

  it('goes by the first that was later where a clock stepped back', async () => {
    const { at } = recordedAt([100, 500, 200, 300, 600]);
    expect(await Promise.all([100, 200, 300, 500].map(at))).toEqual([10, 10, 10, 40]);
  });

  it('is found in what was read before, whichever was asked for first', async () => {
    const times = Array.from({ length: 5_500 }, (_, index) => index - (index % 7) * 3);
    const { at, reads } = recordedAt(times);
    const slowly = (ms: number) => {
      const later = times.findIndex(time => time > ms);
      return (later < 0 ? times.length : later) * 10;
    };
    expect(await at(9_999)).toBe(55_000);
    const [whole] = [reads.length];
    for (const ms of [-20, 0, 998, 999, 1_000, 1_017, 3_333, 4_999, 5_499, 6_000])
      expect(await at(ms)).toBe(slowly(ms));
    expect(whole).toBe(6);
    expect(reads.length - whole).toBeLessThanOrEqual(20);
  });
});
