import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { murmur2, partitionOf } from './partition-of.js';

describe('partitionOf', () => {
  // The expected values are those of Kafka's own tests (clients, UtilsTest.testMurmur2): lengths 2, 3, 6, 24, 26, 48.
  it.each([
    ['21', -973932308],
    ['abc', 479470107],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])('hashes %s as Kafka does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
    expect(partitionOf(key, 64)).toBe((hash & 0x7fffffff) % 64);
  });

  it('takes the low 31 bits of a negative hash, not its absolute value', () => {
    expect(partitionOf('21', 1000)).toBe((-973932308 + 2 ** 31) % 1000);
  });

  it('always answers a partition, for bytes above 127 too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 1024 }), (key, partitions) => {
        const partition = partitionOf(key, partitions);
        expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true);
      }),
    );
  });

  it('spreads node uuids evenly', () => {
    const counts = new Array<number>(64).fill(0);
    for (let node = 0; node < 64_000; node += 1) {
      counts[partitionOf(`1be26c0b-03f2-4d2e-ae87-${node.toString(16).padStart(12, '0')}`, 64)] += 1;
    }
    // 1000 each on average with a deviation of 32: five of them.
    expect(Math.min(...counts)).toBeGreaterThan(840);
    expect(Math.max(...counts)).toBeLessThan(1160);
  });
});
