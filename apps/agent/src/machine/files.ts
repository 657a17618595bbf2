import { access, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename } from 'node:path';

// sysfs and procfs answer many reads with an error ("no carrier", "not supported"): to the agent that means "unknown".

export const readText = async (path: string): Promise<string | undefined> => {
  try {
    return (await readFile(path, 'utf8')).replace(/[\0\s]+$/, '').trimStart();
  } catch {
    return undefined;
  }
};

export const readNumber = async (path: string): Promise<number | undefined> => {
  const text = await readText(path);
  const number = Number(text);
  return text === undefined || text === '' || Number.isNaN(number) ? undefined : number;
};

export const listFolder = async (path: string): Promise<string[]> => {
  try {
    return (await readdir(path)).sort();
  } catch {
    return [];
  }
};

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Where a link of sysfs leads in the end, or `undefined`. */
export const linkTarget = async (path: string): Promise<string | undefined> => {
  try {
    return await realpath(path);
  } catch {
    return undefined;
  }
};

export const linkName = async (path: string): Promise<string | undefined> => {
  try {
    return basename(await readlink(path));
  } catch {
    return undefined;
  }
};
