import { describe, expect, it } from '@jest/globals';
import { LatestUsed } from './latest-used.js';

const present = (map: LatestUsed<number>, upTo: number): number[] =>
  Array.from({ length: upTo }, (_, index) => index).filter(index => map.get(`${index}`) !== undefined);

describe('what was used latest', () => {
  it('is there, and at most twice as much as was asked for', () => {
    const map = new LatestUsed<number>(10);
    for (let index = 0; index < 107; index++) map.set(`${index}`, index);
    for (let index = 97; index < 107; index++) expect(map.get(`${index}`)).toBe(index);
    const other = new LatestUsed<number>(10);
    for (let index = 0; index < 107; index++) other.set(`${index}`, index);
    expect(present(other, 107).length).toBeLessThanOrEqual(20);
  });

  it('stays for being asked for', () => {
    const map = new LatestUsed<number>(10);
    map.set('kept', -1);
    for (let index = 0; index < 100; index++) {
      map.set(`${index}`, index);
      expect(map.get('kept')).toBe(-1);
    }
  });

  it('says the newest value of a key', () => {
    const map = new LatestUsed<number>(2);
    map.set('a', 1);
    map.set('b', 1);
    map.set('a', 2);
    expect(map.get('a')).toBe(2);
    map.set('c', 1);
    expect(map.get('a')).toBe(2);
  });

  it('is gone when it is cleared', () => {
    const map = new LatestUsed<number>(2);
    map.set('a', 1);
    map.set('b', 1);
    map.set('c', 1);
    map.clear();
    expect(['a', 'b', 'c'].map(key => map.get(key))).toEqual([undefined, undefined, undefined]);
  });
});
