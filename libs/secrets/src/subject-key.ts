import { randomBytes } from 'node:crypto';
import type { DataKey } from '#domain';
import { decrypt, encrypt } from './cipher.js';

export interface SubjectKey extends DataKey {
  readonly subject: string;
}

/** A key as stores keep it: wrapped by the master key. */
export interface KeyRow {
  readonly id: string;
  readonly subject: string;
  readonly wrapped: Uint8Array;
}

/** Subject of a key that is there to tell whether the master key is the one that the others were wrapped by. */
export const MASTER_KEY_CHECK = 'master-key-check';

export const newKey = (subject: string): SubjectKey => ({
  keyId: randomBytes(9).toString('base64url'),
  subject,
  secret: randomBytes(32),
});

export const wrapped = (master: Uint8Array, { keyId, subject, secret }: SubjectKey): Buffer =>
  encrypt(master, secret, contextOf(keyId, subject));

/** @throws NotAuthentic */
export const unwrapped = (master: Uint8Array, { id, subject, wrapped }: KeyRow): SubjectKey => ({
  keyId: id,
  subject,
  secret: decrypt(master, wrapped, contextOf(id, subject)),
});

/** A wrapped key is of use in its own row alone. */
const contextOf = (keyId: string, subject: string): string => `${keyId}/${subject}`;
