import Database from 'better-sqlite3';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface DatabaseCheck {
  readonly file: string;
  /** What SQLite says is wrong; undefined when nothing is. */
  readonly fault?: string;
}

/** Reads every database of a data folder from end to end. Writes nothing, and may run beside a server. */
export const checkDatabases = (folder: string): DatabaseCheck[] =>
  readdirSync(folder)
    .filter(file => file.endsWith('.sqlite') && file !== 'lock.sqlite')
    .sort()
    .map(file => {
      const path = join(folder, file);
      const fault = faultIn(path);
      return { file: path, ...(fault !== undefined && { fault }) };
    });

const faultIn = (path: string): string | undefined => {
  try {
    const database = new Database(path, { readonly: true });
    try {
      const said = database.pragma('integrity_check(1)', { simple: true }) as string;
      return said === 'ok' ? undefined : said.replaceAll('\n', ' ');
    } finally {
      database.close();
    }
  } catch (error) {
    return (error as Error).message;
  }
};
