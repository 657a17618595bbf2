import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InvalidRingMember, LOAD_FACTOR, type RingMember, assign } from './ring.js';

const hosts = (minLength: number, maxLength: number) =>
  fc.uniqueArray(
    fc.nat({ max: 9999 }).map(number => `conductor-${number}.example`),
    { minLength, maxLength, size: 'max' },
  );
const aWeightedFleet = hosts(1, 50).chain(names =>
  fc.tuple(...names.map(host => fc.record({ host: fc.constant(host), weight: fc.integer({ min: 1, max: 5 }) }))),
);
const aNumberOfPartitions = fc.integer({ min: 16, max: 256 });

const limitOf = (fleet: readonly RingMember[], member: RingMember, partitions: number) => {
  const sum = fleet.reduce((total, { weight = 1 }) => total + weight, 0);
  return Math.ceil((LOAD_FACTOR * partitions * (member.weight ?? 1)) / sum);
};
const ownersOf = (assignment: Map<string, number[]>) => {
  const owners: string[] = [];
  for (const [host, partitions] of assignment) for (const partition of partitions) owners[partition] = host;
  return owners;
};

/** A fleet without and with one more member: read forwards a member joins, read backwards it leaves. */
const change = (fleet: readonly RingMember[], joiner: RingMember, partitions: number, loadFactor?: number) => {
  const without = assign(fleet, partitions, loadFactor);
  const withIt = assign([...fleet, joiner], partitions, loadFactor);
  const [before, after] = [ownersOf(without), ownersOf(withIt)];
  const moved = before.flatMap((owner, partition) => (owner === after[partition] ? [] : [partition]));
  return { without, withIt, moved, movedElsewhere: moved.filter(partition => after[partition] !== joiner.host) };
};

describe('assign', () => {
  it('gives every partition to exactly one member, and names every member', () => {
    fc.assert(
      fc.property(aWeightedFleet, aNumberOfPartitions, (fleet, partitions) => {
        const assignment = assign(fleet, partitions);
        const given = [...assignment.values()].flat().sort((a, b) => a - b);
        expect(given).toEqual(Array.from({ length: partitions }, (_, partition) => partition));
        expect(new Set(assignment.keys())).toEqual(new Set(fleet.map(({ host }) => host)));
      }),
    );
  });

  it('gives no member more than 1.25 times its share, rounded up, whatever the weights', () => {
    fc.assert(
      fc.property(aWeightedFleet, aNumberOfPartitions, (fleet, partitions) => {
        const assignment = assign(fleet, partitions);
        for (const member of fleet) {
          expect(assignment.get(member.host)!.length).toBeLessThanOrEqual(limitOf(fleet, member, partitions));
        }
      }),
    );
  });

  it('answers the same in whatever order the members come', () => {
    const shuffled = aWeightedFleet.chain(fleet =>
      fc.tuple(fc.constant(fleet), fc.shuffledSubarray(fleet, { minLength: fleet.length })),
    );
    fc.assert(
      fc.property(shuffled, aNumberOfPartitions, ([fleet, other], partitions) => {
        expect(Object.fromEntries(assign(other, partitions))).toEqual(Object.fromEntries(assign(fleet, partitions)));
      }),
    );
  });

  it('gives more to a member of more weight', () => {
    fc.assert(
      fc.property(hosts(2, 10), fc.integer({ min: 128, max: 256 }), ([heavy, ...others], partitions) => {
        const fleet = [{ host: heavy, weight: 4 }, ...others.map(host => ({ host }))];
        const counts = new Map([...assign(fleet, partitions)].map(([host, given]) => [host, given.length]));
        const average = (partitions - counts.get(heavy)!) / others.length;
        expect(counts.get(heavy)!).toBeGreaterThan(2 * average);
      }),
    );
  });

  it('knows fleets of none, and refuses members that it cannot place', () => {
    expect(assign([], 64).size).toBe(0);
    expect(() => assign([{ host: 'a' }, { host: 'b' }, { host: 'a' }], 64)).toThrow(InvalidRingMember);
    for (const weight of [0, -1, 101, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => assign([{ host: 'a', weight }], 64)).toThrow(InvalidRingMember);
    }
  });
});

describe('assign, when a member joins or leaves', () => {
  const aChange = hosts(2, 50).map(([joiner, ...others]) => ({
    fleet: others.map(host => ({ host })),
    joiner: { host: joiner },
  }));

  it('moves nothing but to the joiner, or from the leaver, where no limit is reached', () => {
    fc.assert(
      fc.property(aChange, aNumberOfPartitions, ({ fleet, joiner }, partitions) => {
        const unlimited = fleet.length + 1;
        expect(change(fleet, joiner, partitions, unlimited).movedElsewhere).toEqual([]);
      }),
    );
  });

  it('gives the members that stay no more than they had, where the joiner does not lower their limit', () => {
    fc.assert(
      fc.property(aChange, aNumberOfPartitions, ({ fleet, joiner }, partitions) => {
        fc.pre(limitOf(fleet, joiner, partitions) === limitOf([...fleet, joiner], joiner, partitions));
        const { without, withIt } = change(fleet, joiner, partitions);
        for (const { host } of fleet) {
          expect(withIt.get(host)!.length).toBeLessThanOrEqual(without.get(host)!.length);
        }
      }),
    );
  });

  // How much moves is a matter of chance, bounded with a margin: the seed makes it the same fleets every time.
  it('moves at most three times what the share and the limits force, and six', () => {
    fc.assert(
      fc.property(aChange, aNumberOfPartitions, ({ fleet, joiner }, partitions) => {
        const { without, moved } = change(fleet, joiner, partitions);
        const limit = limitOf([...fleet, joiner], joiner, partitions);
        const forced = [...without.values()].reduce((sum, { length }) => sum + Math.max(0, length - limit), 0);
        expect(moved.length).toBeLessThanOrEqual(3 * (partitions / (fleet.length + 1) + forced) + 6);
      }),
      { seed: 1, numRuns: 200, endOnFailure: true },
    );
  });

  it.each([
    { perMember: 16, average: 1.25 },
    { perMember: 8, average: 1.45 },
    { perMember: 4, average: 1.65 },
    { perMember: 2, average: 1.8 },
  ])('moves at most $average/N on average at $perMember partitions a member', ({ perMember, average }) => {
    const ratios: number[] = [];
    fc.assert(
      fc.property(hosts(5, 16), ([joiner, ...others]) => {
        const members = others.length + 1;
        const { moved } = change(
          others.map(host => ({ host })),
          { host: joiner },
          perMember * members,
        );
        ratios.push(moved.length / perMember);
      }),
      { seed: 1, numRuns: 100 },
    );
    expect(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length).toBeLessThan(average);
  });
});
