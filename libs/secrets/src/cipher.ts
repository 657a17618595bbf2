import type { KeyObject } from 'node:crypto';
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Sealed under another key, in another context, or changed since. */
export class NotAuthentic extends Error {}

/** The form of a key that OpenSSL works with, made once: that takes four times as long as to seal something short. */
const prepared = new WeakMap<Uint8Array, KeyObject>();

const preparedKey = (key: Uint8Array): KeyObject => {
  const known = prepared.get(key) ?? createSecretKey(key);
  prepared.set(key, known);
  return known;
};

/** AES-256-GCM (NIST SP 800-38D): nonce, ciphertext and tag in one. The context must be the same when it is opened. */
export const encrypt = (key: Uint8Array, plain: Uint8Array, context: string): Buffer => {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, preparedKey(key), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};

/** @throws NotAuthentic when key, context or content are not those it was encrypted with */
export const decrypt = (key: Uint8Array, sealed: Uint8Array, context: string): Buffer => {
  try {
    const decipher = createDecipheriv(ALGORITHM, preparedKey(key), sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new NotAuthentic('it was sealed under another key, or was changed since', { cause });
  }
};
