import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextSequence, SequenceWindow } from './sequence-window.js';

/** The rule of section 6.12.14, word for word, with a memory that never ends. */
const literalWindow = () => {
  const taken = new Set<number>();
  let highest: number | undefined;
  return (sequence: number): boolean => {
    if (sequence === 0 || taken.has(sequence)) return false;
    if (highest !== undefined && (sequence > highest + 15 || sequence < highest - 16)) return false;
    taken.add(sequence);
    highest = Math.max(highest ?? 0, sequence);
    return true;
  };
};

describe('The window of session sequence numbers', () => {
  it('takes numbers in order, once each', () => {
    const window = new SequenceWindow();
    for (const sequence of [1, 2, 3]) expect(window.take(sequence)).toBe(true);
    for (const sequence of [1, 2, 3]) expect(window.take(sequence)).toBe(false);
  });

  it('takes what overtook others, up to 15 ahead and 16 behind', () => {
    const window = new SequenceWindow();
    window.take(100);
    expect(window.take(116)).toBe(false);
    expect(window.take(115)).toBe(true);
    expect(window.take(98)).toBe(false);
    expect(window.take(99)).toBe(true);
    expect(window.take(99)).toBe(false);
  });

  it('never takes 0, which stands for "no session"', () => {
    const window = new SequenceWindow();
    expect(window.take(0)).toBe(false);
    expect(window.take(1)).toBe(true);
  });

  it('goes on after the highest number', () => {
    const window = new SequenceWindow();
    window.take(2 ** 32 - 1);
    expect(nextSequence(2 ** 32 - 1)).toBe(1);
    expect(window.take(1)).toBe(true);
    expect(window.take(2 ** 32 - 2)).toBe(true);
    expect(window.take(2 ** 32 - 1)).toBe(false);
  });

  it('does what the specification says, whatever comes', () => {
    const steps = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), steps, (start, offsets) => {
        const window = new SequenceWindow();
        const literal = literalWindow();
        let highest = start;
        for (const sequence of [start, ...offsets.map(offset => Math.max(0, highest + offset))]) {
          const taken = literal(sequence);
          expect(window.take(sequence)).toBe(taken);
          if (taken) highest = Math.max(highest, sequence);
        }
      }),
    );
  });
});
