import { describe, expect, it } from '@jest/globals';
import { expectedOwner } from './expected-owner.js';

describe('The owner that is expected', () => {
  const hosts = ['a', 'b', 'c'];
  const owners = (of: readonly string[]) => Array.from({ length: 64 }, (_, index) => expectedOwner(of, index, 64));

  it('is one of the conductors for each partition, and every conductor is that of some', () => {
    expect(new Set(owners(hosts))).toEqual(new Set(hosts));
  });

  it('is the same for whoever asks', () => {
    expect(owners(hosts.toReversed())).toEqual(owners(hosts));
  });

  it('is nobody where nobody lives', () => {
    expect(expectedOwner([], 0, 64)).toBeUndefined();
  });
});
