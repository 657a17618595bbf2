import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KeyStore } from '#domain';
import { StoreUnavailable } from '#domain';

export interface KeyStoreUnderTest {
  readonly keys: KeyStore;
  /** Closes the store and opens it again on the same content and master key. */
  reopen(): Promise<KeyStore>;
  /** Closes what is open and takes away what it was made of. */
  dispose(): Promise<void>;
}

/** What the port `KeyStore` promises, on any adapter. */
export const keyStoreContract = (name: string, makeStore: () => Promise<KeyStoreUnderTest>): void =>
  describe(`${name} promises`, () => {
    let underTest: KeyStoreUnderTest;
    let keys: KeyStore;
    beforeEach(async () => {
      underTest = await makeStore();
      keys = underTest.keys;
    });
    afterEach(() => underTest.dispose());
    const hex = (secret: Uint8Array | undefined) => secret && Buffer.from(secret).toString('hex');

    it('a key of 32 bytes to each subject, found by its id', async () => {
      const [a, b] = [await keys.obtain('node/a/0'), await keys.obtain('node/b/0')];
      expect([a.secret.length, b.secret.length]).toEqual([32, 32]);
      expect(hex(a.secret)).not.toBe(hex(b.secret));
      expect(a.keyId).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(await keys.find(a.keyId)).toMatchObject({ keyId: a.keyId, secret: a.secret });
      expect(await keys.find('unknown')).toBeUndefined();
    });

    it('the same key to all who ask, at once and later', async () => {
      const all = await Promise.all(Array.from({ length: 100 }, () => keys.obtain('node/a/0')));
      all.push(await keys.obtain('node/a/0'));
      expect(new Set(all.map(({ keyId, secret }) => `${keyId} ${hex(secret)}`)).size).toBe(1);
    });

    it('the same keys after a restart', async () => {
      const subjects = Array.from({ length: 50 }, (_, index) => `node/${index}/0`);
      const before = await Promise.all(subjects.map(subject => keys.obtain(subject)));
      const later = await underTest.reopen();
      for (const [index, subject] of subjects.entries()) {
        expect(hex((await later.obtain(subject)).secret)).toBe(hex(before[index]!.secret));
        expect((await later.find(before[index]!.keyId))?.keyId).toBe(before[index]!.keyId);
      }
    });

    it('that an erased key is gone, for ever, and the others are not', async () => {
      const [gone, other] = [await keys.obtain('node/a/0'), await keys.obtain('node/a/01')];
      await keys.erase('node/a/0');
      await keys.erase('node/a/0');
      await keys.erase('never made');
      const found = async (store: KeyStore) => [await store.find(gone.keyId), (await store.find(other.keyId))?.keyId];
      expect(await found(keys)).toEqual([undefined, other.keyId]);
      expect(await found(await underTest.reopen())).toEqual([undefined, other.keyId]);
    });

    it('another key to a subject whose key was erased', async () => {
      const before = await keys.obtain('node/a/0');
      await keys.erase('node/a/0');
      const after = await keys.obtain('node/a/0');
      expect(after.keyId).not.toBe(before.keyId);
      expect(hex(after.secret)).not.toBe(hex(before.secret));
    });

    it('an answer to what was asked for before it was closed, and to nothing after', async () => {
      const asked = keys.obtain('node/a/0');
      await keys.close();
      expect((await asked).secret.length).toBe(32);
      for (const refused of [() => keys.obtain('node/b/0'), () => keys.find('x'), () => keys.erase('node/a/0')])
        await expect(refused()).rejects.toBeInstanceOf(StoreUnavailable);
      await keys.close();
      expect((await (await underTest.reopen()).obtain('node/a/0')).keyId).toBe((await asked).keyId);
    });
  });
