import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningPostgres, startPostgres } from '../postgres.js';
import { suiteFolder } from './suite-folder.js';

describe('The keeper of a suite’s engines', () => {
  it('ends them and removes their folder when its input ends, and not before', async () => {
    const { path, postgres } = suiteFolder(mkdtempSync(join(tmpdir(), 'ferrolog-engines-')));
    chmodSync(path, 0o711);
    const keeper = execFile(process.execPath, [join(import.meta.dirname, 'keeper.js'), path]);
    await startPostgres({ folder: postgres });
    const { pid } = runningPostgres(postgres)!;
    expect(keeper.exitCode).toBeNull();
    keeper.stdin!.end();
    expect(await once(keeper, 'exit')).toEqual([0, null]);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(existsSync(path)).toBe(false);
  });
});
