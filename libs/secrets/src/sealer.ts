import type { BlobReference, BlobStore, KeyStore, Sealed } from '#domain';
import { isSealed } from '#domain';
import { decrypt, encrypt } from './cipher.js';

/** Sealed values above this size go to the blob store: events stay small (design 1). */
const LARGEST_INLINE_BYTES = 2_048;

/** What a sealed value says when its key was erased. */
export const ERASED = '«erased»';

/** Seals values of any JSON type, and opens them for those who act on the hardware. */
export class Sealer {
  constructor(
    private readonly keys: KeyStore,
    private readonly blobs: BlobStore,
  ) {}

  /** Under the key of the subject, which is durable before this answers. The content may be of any size. */
  async seal(subject: string, value: unknown): Promise<Sealed | (Sealed & BlobReference)> {
    const { keyId, secret } = await this.keys.obtain(subject);
    const plain = Buffer.from(JSON.stringify(value));
    const sealed = encrypt(secret, plain, keyId);
    if (sealed.length <= LARGEST_INLINE_BYTES) return { $sealed: `${keyId}.${sealed.toString('base64url')}` };
    return { $sealed: keyId, ...(await this.blobs.put(sealed)) };
  }

  /**
   * The value, or {@link ERASED} when its key is gone.
   *
   * @throws NotAuthentic when it was changed since it was sealed · BlobMissing
   */
  async open(sealed: Sealed): Promise<unknown> {
    const [keyId = '', inline] = sealed.$sealed.split('.');
    const key = await this.keys.find(keyId);
    if (!key) return ERASED;
    const content =
      inline === undefined ? await this.blobs.get(sealed as Sealed & BlobReference) : Buffer.from(inline, 'base64url');
    return JSON.parse(decrypt(key.secret, content, keyId).toString());
  }

  /** The same with every sealed value in it opened, at any depth. For the hands of a driver only. */
  async openAll<T>(value: T): Promise<T> {
    if (isSealed(value)) return (await this.open(value)) as T;
    if (Array.isArray(value)) return (await Promise.all(value.map(item => this.openAll(item)))) as T;
    if (typeof value !== 'object' || value === null) return value;
    const entries = await Promise.all(
      Object.entries(value).map(async ([name, item]) => [name, await this.openAll(item)]),
    );
    return Object.fromEntries(entries) as T;
  }
}
