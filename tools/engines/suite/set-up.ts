import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VARIABLE } from './suite-folder.js';

declare global {
  /** Set-up and tear-down of a suite share nothing else. */
  var keeperOfEngines: ChildProcess | undefined;
}

/** Before the suite: a folder for the engines that its files share, and somebody who ends them in any case. */
export default (): void => {
  const folder = mkdtempSync(join(tmpdir(), 'ferrolog-engines-'));
  // PostgreSQL runs as another user where we are root, and has to come through.
  chmodSync(folder, 0o711);
  process.env[VARIABLE] = folder;
  const keeper = join(import.meta.dirname, 'keeper.js');
  globalThis.keeperOfEngines = spawn(process.execPath, [keeper, folder], { stdio: ['pipe', 'inherit', 'inherit'] });
};
