import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { BlobMissing } from '#domain';
import { anEvent } from '#testing';
import type { StoreUnderTest } from './scene.js';
import { Scene } from './scene.js';

/** `BlobStore`, in the same durability domain as the events. */
export const blobContract = (makeStore: () => Promise<StoreUnderTest>, timeoutMs: number): void =>
  describe('blobs', () => {
    const scene = new Scene(makeStore, timeoutMs);

    it('come back as they were, by the hash of their content', async () => {
      const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      for (const content of [Buffer.alloc(0), Buffer.from('text'), everyByte, Buffer.alloc(3_000_000, 'x')]) {
        const reference = await scene.store.put(content);
        expect(reference).toEqual({
          $blob: createHash('sha256').update(content).digest('hex'),
          sizeBytes: content.byteLength,
        });
        expect(Buffer.from(await scene.store.get(reference)).equals(content)).toBe(true);
      }
    });

    it('are one for one content, however many put it', async () => {
      const put = () => scene.store.put(Buffer.from('the same'));
      const references = await Promise.all(Array.from({ length: 20 }, put));
      expect(new Set(references.map(({ $blob }) => $blob)).size).toBe(1);
      expect(await put()).toEqual(references[0]);
    });

    it('are told when they are missing', async () => {
      const reference = { $blob: '0'.repeat(64), sizeBytes: 1 };
      await expect(scene.store.get(reference)).rejects.toBeInstanceOf(BlobMissing);
    });

    it(
      'are durable before the append that was asked for next',
      async () => {
        const underTest = await makeStore();
        const content = Buffer.from('needed by the event');
        const putting = underTest.store.put(content);
        const stream = scene.stream('a');
        await underTest.store.append([{ stream, expected: 'no stream', events: [anEvent('1')] }]);
        const reference = await putting;
        const later = await underTest.reopen();
        expect(Buffer.from(await later.get(reference)).equals(content)).toBe(true);
        expect(await later.readStream(stream)).toHaveLength(1);
        await underTest.dispose();
      },
      3 * timeoutMs,
    );
  });
