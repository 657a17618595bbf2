import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder {
  readonly path: string;
  file(name: string): string;
  remove(): void;
}

/** A folder of a test's own. */
export const temporaryFolder = (): TemporaryFolder => {
  const path = mkdtempSync(join(tmpdir(), 'ferrolog-test-'));
  return { path, file: name => join(path, name), remove: () => rmSync(path, { recursive: true, force: true }) };
};
