import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usage } from '../failure.js';

/** Says that what is in a folder may go when the next demo begins. */
const MARK = 'made-by-quickstart';

/** Takes a folder for this process alone, making it where it is missing; throws where it cannot. */
type TakeFolder = (path: string) => { release(): void };

/**
 * Empties the folder for a new demo, or makes it. Only what a demo made is ever deleted.
 *
 * @throws Failure when the folder holds anything else, and whatever taking it throws
 */
export const freshFolder = (path: string, take: TakeFolder): string => {
  if (existsSync(path) && readdirSync(path).length > 0 && !existsSync(join(path, MARK)))
    throw usage(`${path} holds what no quickstart made, and is left alone: choose another folder with --data.`);
  const lock = take(path);
  // Emptied under the lock: another demo may be running in it.
  for (const file of readdirSync(path))
    if (!file.startsWith('lock.sqlite')) rmSync(join(path, file), { recursive: true });
  writeFileSync(join(path, MARK), 'The next "ferrolog quickstart" empties this folder.\n');
  lock.release();
  return path;
};

/** The usual folder, or one of its own where that cannot be taken: another demo may be running in it. */
export const freshFolderBeside = (usual: string, take: TakeFolder, cannotTake: abstract new () => Error): string => {
  try {
    return freshFolder(usual, take);
  } catch (error) {
    if (!(error instanceof cannotTake)) throw error;
    return freshFolder(mkdtempSync(join(tmpdir(), 'ferrolog-quickstart-')), take);
  }
};
