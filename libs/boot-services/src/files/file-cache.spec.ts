import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, linkSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder } from '#testing';
import { FileCache } from './file-cache.js';

describe('A cache of files', () => {
  let scratch: TemporaryFolder;
  let cache: FileCache;
  let made: string[];
  const get = (key: string, size = 10) =>
    cache.use(
      key,
      async path => {
        made.push(key);
        await Promise.resolve();
        writeFileSync(path, key.padEnd(size));
        return { key };
      },
      async ({ path, facts }) => ({ path, facts, text: readFileSync(path, 'utf8').trim() }),
    );
  /** As if it had been used then, so that no two uses are in the same millisecond. */
  const usedAt = async (key: string, seconds: number) => utimesSync((await get(key)).path, seconds, seconds);

  beforeEach(async () => {
    scratch = temporaryFolder();
    made = [];
    cache = await FileCache.open(scratch.path, 30);
  });
  afterEach(() => scratch.remove());

  it('makes a file once for all that wait for it, and keeps what was found out', async () => {
    const all = await Promise.all([get('a'), get('a'), get('b'), get('a')]);
    expect(all.map(({ text }) => text)).toEqual(['a', 'a', 'b', 'a']);
    expect(made.toSorted()).toEqual(['a', 'b']);
    cache = await FileCache.open(scratch.path, 30);
    expect((await get('a')).facts).toEqual({ key: 'a' });
    expect(made).toHaveLength(2);
  });

  it('leaves nothing behind where making fails, and makes it the next time', async () => {
    const broken = cache.use(
      'a',
      async path => {
        writeFileSync(path, 'hal');
        throw new Error('broken');
      },
      async () => undefined,
    );
    await expect(broken).rejects.toThrow('broken');
    expect(readdirSync(scratch.path)).toEqual([]);
    expect((await get('a')).text).toBe('a');
  });

  it('lets the least recently used go, but never what is linked to', async () => {
    await usedAt('a', 1000);
    await usedAt('b', 2000);
    await usedAt('c', 3000);
    const first = (await get('a')).path;
    utimesSync(first, 1000, 1000);
    linkSync(first, scratch.file('in-use'));
    await get('d');
    expect(existsSync(first)).toBe(true);
    made = [];
    for (const key of ['c', 'd', 'b']) await get(key);
    expect(made).toEqual(['b']);
  });
});
