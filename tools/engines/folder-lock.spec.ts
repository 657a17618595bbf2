import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder, turn } from '#testing';
import { locked, tryLock } from './folder-lock.js';

describe('The lock of a folder', () => {
  let folder: TemporaryFolder;
  beforeEach(() => void (folder = temporaryFolder()));
  afterEach(() => folder.remove());

  it('is held by one at a time', () => {
    const unlock = tryLock(folder.path);
    expect(unlock).toBeDefined();
    expect(tryLock(folder.path)).toBeUndefined();
    unlock!();
    tryLock(folder.path)!();
  });

  it('lets tasks wait for each other, also after one that failed', async () => {
    const order: string[] = [];
    const task = (name: string) => async () => {
      order.push(`${name} begins`);
      await turn();
      order.push(`${name} ends`);
      if (name === 'a') throw new Error('a failed');
    };
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map(name => locked(folder.path, task(name))));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(order).toHaveLength(6);
    for (let index = 0; index < 6; index += 2) expect(order[index]![0]).toBe(order[index + 1]![0]);
  });
});
