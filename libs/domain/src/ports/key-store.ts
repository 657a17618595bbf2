/**
 * The port of the store of data keys (design 15): the only place where what is sealed can be opened from. A key is
 * durable before the first event that carries something sealed under it. Deleting it erases what it sealed.
 * `libs/secrets/src/contract.ts` tests it on every adapter. Every method throws StoreUnavailable where the store cannot
 * be asked; nothing was changed then.
 */
export interface KeyStore {
  /**
   * Key of the subject, made if there is none, durable when it is answered. All who ask get the same. `keyId` changes
   * when a key was deleted and made anew.
   */
  obtain(subject: string): Promise<DataKey>;
  /** Undefined when the key was deleted. */
  find(keyId: string): Promise<DataKey | undefined>;
  /** Deletes every key of the subject. Idempotent. */
  erase(subject: string): Promise<void>;
  /** Answers what was asked for before. May be repeated. */
  close(): Promise<void>;
}

export interface DataKey {
  readonly keyId: string;
  /** 32 bytes, for AES-256-GCM. */
  readonly secret: Uint8Array;
}

/** A value that only holders of its data key can read. Stands in events and rows in place of the value. */
export interface Sealed {
  /** `<key id>.<nonce, ciphertext and tag in base64url>`; the key id alone where the rest is a blob beside it. */
  readonly $sealed: string;
}

export const isSealed = (value: unknown): value is Sealed =>
  typeof value === 'object' && value !== null && typeof (value as Sealed).$sealed === 'string';
