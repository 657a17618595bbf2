import { randomBytes, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Unusable } from '#domain';

/** The file cannot serve as master key: the sentence says why and what to do. */
export class MasterKeyUnusable extends Unusable {}

const BYTES = 32;

/**
 * The key that wraps all data keys: 32 bytes, base64, in a file that only its owner reads. Made where it is missing.
 * All processes of one fleet share it. Whoever loses it loses every sealed value.
 */
export const readOrCreateMasterKey = (path: string): Uint8Array => {
  try {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) create(path);
  } catch (error) {
    throw new MasterKeyUnusable(`The master key ${path} cannot be made: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  return readMasterKey(path);
};

export const readMasterKey = (path: string): Uint8Array => {
  let text: string;
  try {
    if (!isPrivate(statSync(path)))
      throw new MasterKeyUnusable(`The master key ${path} can be read by others: chmod 600 it.`);
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof MasterKeyUnusable) throw error;
    throw new MasterKeyUnusable(`The master key ${path} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  const key = Buffer.from(text, 'base64');
  if (key.length !== BYTES || key.toString('base64') !== text)
    throw new MasterKeyUnusable(`The master key ${path} is damaged: it must be ${BYTES} bytes, base64.`);
  return key;
};

/**
 * Whether a file is for this process alone: its owner's, or handed out by root to a group that may read it only. That
 * is how containers are given secrets (Kubernetes: a volume with `fsGroup`), and the rule that PostgreSQL has for keys.
 */
export const isPrivate = (
  { mode, uid }: { readonly mode: number; readonly uid: number },
  ownUid = process.getuid?.(),
): boolean => {
  const isHandedOut = uid === 0 && ownUid !== 0;
  return (mode & (isHandedOut ? 0o037 : 0o077)) === 0;
};

/** Under another name first: whoever comes meanwhile, or after a power cut, finds a whole key or none. */
const create = (path: string): void => {
  const draft = `${path}.${randomUUID()}`;
  try {
    synced(draft, 'wx', file => writeSync(file, `${randomBytes(BYTES).toString('base64')}\n`));
    try {
      linkSync(draft, path);
    } catch (error) {
      // Somebody else was faster: theirs it is.
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    }
  } finally {
    rmSync(draft, { force: true });
  }
  synced(dirname(path), 'r', () => undefined);
};

const synced = (path: string, flags: string, write: (file: number) => unknown): void => {
  const file = openSync(path, flags, 0o600);
  try {
    write(file);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};
