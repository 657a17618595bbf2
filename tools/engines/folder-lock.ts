import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/*
 * One process at a time on a folder. SQLite's lock is the kernel's: it ends with the process that holds it, however
 * that ends, so that no stale one is ever to be told from a real one.
 */

/** Gives it back. */
export type Unlock = () => void;

export const tryLock = (folder: string): Unlock | undefined => {
  mkdirSync(folder, { recursive: true });
  const file = new Database(join(folder, 'folder.lock'), { timeout: 0 });
  try {
    file.exec('BEGIN EXCLUSIVE');
    return () => void file.close();
  } catch (error) {
    file.close();
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return undefined;
    throw error;
  }
};

/** Does something while nobody else does; waits for as long as it takes. */
export const locked = async <T>(folder: string, task: () => Promise<T>): Promise<T> => {
  let unlock = tryLock(folder);
  for (; !unlock; unlock = tryLock(folder)) await new Promise(done => setTimeout(done, 50));
  try {
    return await task();
  } finally {
    unlock();
  }
};
