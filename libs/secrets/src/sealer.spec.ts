import { beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { BlobReference, BlobStore, DataKey, KeyStore, Sealed } from '#domain';
import { NotAuthentic } from './cipher.js';
import { ERASED, Sealer } from './sealer.js';

/** Keys and blobs in memory. */
const inMemory = () => {
  const keys = new Map<string, DataKey & { subject: string }>();
  const blobs = new Map<string, Uint8Array>();
  const keyStore: KeyStore = {
    obtain: async subject => {
      const known = [...keys.values()].find(key => key.subject === subject);
      const key = known ?? { keyId: `key${keys.size}`, subject, secret: Buffer.alloc(32, keys.size + 1) };
      keys.set(key.keyId, key);
      return key;
    },
    find: async keyId => keys.get(keyId),
    erase: async subject => {
      for (const [id, key] of keys) if (key.subject === subject) keys.delete(id);
    },
    close: async () => undefined,
  };
  const blobStore: BlobStore = {
    put: async content => {
      const $blob = createHash('sha256').update(content).digest('hex');
      blobs.set($blob, content);
      return { $blob, sizeBytes: content.byteLength };
    },
    get: async ({ $blob }) => blobs.get($blob)!,
  };
  return { keyStore, blobStore, blobs };
};

describe('The sealer', () => {
  let scene: ReturnType<typeof inMemory>;
  let sealer: Sealer;
  beforeEach(() => {
    scene = inMemory();
    sealer = new Sealer(scene.keyStore, scene.blobStore);
  });

  it('opens what it sealed, of any JSON type and size', () =>
    fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.nat(6_000), async (value, padding) => {
        const padded = [value, 'x'.repeat(padding)];
        const sealed = await sealer.seal('node/a/0', padded);
        expect(await sealer.open(JSON.parse(JSON.stringify(sealed)) as Sealed)).toEqual(
          JSON.parse(JSON.stringify(padded)),
        );
      }),
      { numRuns: 100 },
    ));

  it('keeps small values in place and big ones as sealed blobs', async () => {
    expect(Object.keys(await sealer.seal('node/a/0', 'small'))).toEqual(['$sealed']);
    expect(scene.blobs.size).toBe(0);
    const big = (await sealer.seal('node/a/0', 'CANARY'.repeat(1_000))) as Sealed & BlobReference;
    expect(Object.keys(big)).toEqual(['$sealed', '$blob', 'sizeBytes']);
    expect(Buffer.from(scene.blobs.get(big.$blob)!).includes('CANARY')).toBe(false);
  });

  it('opens whatever is sealed in a value, at any depth, and leaves the rest', async () => {
    const secret = await sealer.seal('node/a/0', { user: 'root' });
    const big = await sealer.seal('instance/a/0', 'y'.repeat(5_000));
    const value = { plain: [1, null, { deep: secret }], big, none: null, text: 'x' };
    expect(await sealer.openAll(value)).toEqual({
      plain: [1, null, { deep: { user: 'root' } }],
      big: 'y'.repeat(5_000),
      none: null,
      text: 'x',
    });
  });

  it('says that a value was erased when its key is gone, and opens the others', async () => {
    const values = { gone: await sealer.seal('node/a/0', 'x'), big: await sealer.seal('node/a/0', 'x'.repeat(9_000)) };
    const other = await sealer.seal('node/b/0', 'kept');
    await scene.keyStore.erase('node/a/0');
    expect(await sealer.openAll({ ...values, other })).toEqual({ gone: ERASED, big: ERASED, other: 'kept' });
  });

  it('opens nothing that was changed, or given another key', async () => {
    const { $sealed } = await sealer.seal('node/a/0', 'x');
    await sealer.seal('node/b/0', 'x');
    const [, content = ''] = $sealed.split('.');
    const changed = `${content.slice(0, -2)}${content.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const forged of [`key0.${changed}`, `key1.${content}`, 'key0.', 'key0.xx'])
      await expect(sealer.open({ $sealed: forged })).rejects.toBeInstanceOf(NotAuthentic);
  });
});
