import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder } from '#testing';
import { isPrivate, MasterKeyUnusable, readMasterKey, readOrCreateMasterKey } from './master-key.js';

describe('The master key', () => {
  let folder: TemporaryFolder;
  let path: string;
  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.file('master.key');
  });
  afterEach(() => folder.remove());

  it('is made where it is missing: 32 bytes, base64, for its owner only', () => {
    const key = readOrCreateMasterKey(path);
    expect(key.length).toBe(32);
    expect(readFileSync(path, 'utf8')).toBe(`${Buffer.from(key).toString('base64')}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder.path)).toEqual(['master.key']);
  });

  it('is another one each time, and then stays', () => {
    const key = Buffer.from(readOrCreateMasterKey(path));
    expect(key.equals(readOrCreateMasterKey(path))).toBe(true);
    expect(key.equals(readMasterKey(path))).toBe(true);
    expect(key.equals(readOrCreateMasterKey(folder.file('other.key')))).toBe(false);
  });

  it('is taken as an operator makes it', () => {
    const key = Buffer.alloc(32, 0xab);
    writeFileSync(path, `  ${key.toString('base64')}  \n\n`, { mode: 0o600 });
    expect(key.equals(readMasterKey(path))).toBe(true);
  });

  it('is refused when others can read it', () => {
    readOrCreateMasterKey(path);
    for (const mode of [0o640, 0o604, 0o620, 0o777]) {
      chmodSync(path, mode);
      expect(() => readOrCreateMasterKey(path)).toThrow(`The master key ${path} can be read by others: chmod 600 it.`);
    }
  });

  it.each([
    ['its own, for itself', 0o100600, 1000, 1000, true],
    ['its own, read by a group', 0o100640, 1000, 1000, false],
    ['handed out by root to its group', 0o100440, 0, 1000, true],
    ['handed out by root to a group that may write', 0o100660, 0, 1000, false],
    ['handed out by root to everybody', 0o100444, 0, 1000, false],
    ["root's own, read by a group", 0o100640, 0, 0, false],
    ["somebody else's, read by a group", 0o100440, 1001, 1000, false],
  ])('is private: %s', (_, mode, uid, ownUid, expected) => {
    expect(isPrivate({ mode, uid }, ownUid)).toBe(expected);
  });

  it('is refused when it is damaged, and never made anew over what is there', () => {
    for (const text of [
      '',
      'c2hvcnQ=',
      `${Buffer.alloc(33).toString('base64')}`,
      `${'A'.repeat(43)}=\nand more`,
      '#'.repeat(44),
    ]) {
      writeFileSync(path, text, { mode: 0o600 });
      expect(() => readOrCreateMasterKey(path)).toThrow(
        `The master key ${path} is damaged: it must be 32 bytes, base64.`,
      );
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
  });

  it('says what is wrong with its place', () => {
    expect(() => readMasterKey(path)).toThrow(MasterKeyUnusable);
    expect(() => readMasterKey(path)).toThrow(`The master key ${path} cannot be read: ENOENT`);
    const nowhere = folder.file('missing/master.key');
    expect(() => readOrCreateMasterKey(nowhere)).toThrow(`The master key ${nowhere} cannot be made: ENOENT`);
  });
});
