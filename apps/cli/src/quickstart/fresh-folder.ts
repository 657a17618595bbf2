import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usage } from '../failure.js';

/** Says that what is in a folder may go when the next demo begins. */
const MARK = 'made-by-quickstart';

/**
 * Empties the folder for a new demo, or makes it. Only what a demo made is ever deleted.
 *
 * @throws Failure when the folder holds anything else; DataDirectoryUnusable
 */
export const freshFolder = async (path: string): Promise<string> => {
  if (existsSync(path) && readdirSync(path).length > 0 && !existsSync(join(path, MARK)))
    throw usage(`${path} holds what no quickstart made, and is left alone: choose another folder with --data.`);
  const { takeDataDirectory } = await import('#apps/server');
  const directory = takeDataDirectory(path);
  // Emptied under the lock: another demo may be running in it.
  for (const file of readdirSync(path))
    if (!file.startsWith('lock.sqlite')) rmSync(join(path, file), { recursive: true });
  writeFileSync(join(path, MARK), 'The next "ferrolog quickstart" empties this folder.\n');
  directory.release();
  return path;
};

/** The usual folder, or one of its own where another demo runs in that. */
export const freshFolderBeside = async (usual: string): Promise<string> => {
  const { DataDirectoryUnusable } = await import('#apps/server');
  try {
    return await freshFolder(usual);
  } catch (error) {
    if (!(error instanceof DataDirectoryUnusable)) throw error;
    return freshFolder(mkdtempSync(join(tmpdir(), 'ferrolog-quickstart-')));
  }
};
