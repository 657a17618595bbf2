import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder, until } from '#testing';
import type { Standing } from './standing.js';
import { endStanding, pidOf, startStanding } from './standing.js';

describe('A process that stands on its own', () => {
  let folder: TemporaryFolder;
  let standing: Standing;
  beforeEach(() => {
    folder = temporaryFolder();
    standing = { pidFile: folder.file('pid'), mark: folder.path };
  });
  afterEach(async () => {
    await endStanding(standing, 0);
    folder.remove();
  });
  const start = async (script: string) => {
    await startStanding(standing, 'sh', ['-c', script, folder.path], folder.file('log'));
    return pidOf(standing)!;
  };

  it('is asked to end, and made to end when it does not', async () => {
    const pid = await start('trap "echo asked" TERM; echo ready; while :; do sleep 0.05; done');
    await until(() => readFileSync(folder.file('log'), 'utf8').includes('ready'), 'the trap');
    expect(await endStanding(standing, 300)).toBe(true);
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
    expect(readFileSync(folder.file('log'), 'utf8')).toContain('asked');
    expect(existsSync(standing.pidFile)).toBe(false);
    expect(await endStanding(standing)).toBe(false);
  });

  it('ends also when it is stopped', async () => {
    const pid = await start('while :; do sleep 0.05; done');
    process.kill(pid, 'SIGSTOP');
    expect(await endStanding(standing)).toBe(true);
    expect(pidOf(standing)).toBeUndefined();
  });

  it('is not another process that has its id', async () => {
    writeFileSync(standing.pidFile, `${process.pid}\n`);
    expect(pidOf(standing)).toBeUndefined();
    expect(await endStanding(standing)).toBe(false);
    for (const text of ['', 'x', '-1', '0']) {
      writeFileSync(standing.pidFile, text);
      expect(pidOf(standing)).toBeUndefined();
    }
  });
});
