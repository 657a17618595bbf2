import { beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseCheck } from '#apps/server';
import { checkData } from './data-checks.js';

describe('doctor --data', () => {
  let folder: string;
  /** All but what this machine's disk says. */
  const faults = (...databases: DatabaseCheck[]) =>
    checkData(folder, {}, () => databases).filter(({ level, check }) => level !== 'OK' && check !== 'disk');
  const sound = { file: 'events.sqlite' };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ferrolog-doctor-'));
    writeFileSync(join(folder, 'master.key'), 'key', { mode: 0o600 });
  });

  it('finds nothing wrong with a sound folder', () => {
    expect(faults(sound)).toEqual([]);
  });

  it('says of a damaged database whether it can be made anew', () => {
    expect(faults({ ...sound, fault: 'no good' }, { file: 'read-model.1.sqlite', fault: 'no good' })).toMatchObject([
      { level: 'FAIL', check: 'database', advice: expect.stringMatching(/backup/) },
      { level: 'FAIL', check: 'database', advice: expect.stringMatching(/ferrolog rebuild/) },
    ]);
  });

  it('finds a key that is gone, and what others can read', () => {
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'master.key'), 0o644);
    const open = { level: 'WARN', check: 'data folder' };
    expect(faults(sound)).toMatchObject([open, { level: 'FAIL', advice: expect.stringMatching(/^chmod 600/) }]);
    rmSync(join(folder, 'master.key'));
    expect(faults(sound)).toMatchObject([open, { level: 'FAIL', detail: expect.stringMatching(/is not there/) }]);
  });

  it('finds a folder that is none, or of something else', () => {
    expect(faults()).toMatchObject([{ level: 'FAIL', check: 'data folder' }]);
    rmSync(folder, { recursive: true });
    expect(faults(sound)).toMatchObject([{ level: 'FAIL', check: 'data folder' }]);
  });
});
