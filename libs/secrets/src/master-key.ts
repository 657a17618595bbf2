import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';

/** The file cannot serve as master key: the sentence says why and what to do. */
export class MasterKeyUnusable extends Error {}

const BYTES = 32;

/**
 * The key that wraps all data keys: 32 bytes, base64, in a file that only its owner reads. Made where it is missing.
 * All processes of one fleet share it. Whoever loses it loses every sealed value.
 */
export const readOrCreateMasterKey = (path: string): Uint8Array => {
  try {
    const file = openSync(path, 'wx', 0o600);
    const key = randomBytes(BYTES);
    writeSync(file, key.toString('base64') + '\n');
    fsyncSync(file);
    closeSync(file);
    return key;
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST')
      throw new MasterKeyUnusable(`The master key ${path} cannot be made: ${(error as Error).message}.`, {
        cause: error,
      });
  }
  return readMasterKey(path);
};

export const readMasterKey = (path: string): Uint8Array => {
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0)
      throw new MasterKeyUnusable(`The master key ${path} can be read by others: chmod 600 it.`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof MasterKeyUnusable) throw error;
    throw new MasterKeyUnusable(`The master key ${path} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== BYTES)
    throw new MasterKeyUnusable(`The master key ${path} is damaged: it must be ${BYTES} bytes, base64.`);
  return key;
};
