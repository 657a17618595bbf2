import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientUnderTest } from './peer.js';
import { collected, refusalOf } from './peer.js';
import { aScene } from './scene.js';

export const deletingContract = (client: ClientUnderTest): void =>
  describe('streams that end:', () => {
    const scene = aScene(client);
    const read = async (): Promise<number[]> =>
      (await collected(scene.connection.client.readStream('s'))).map(({ revision }) => Number(revision));

    it('a deleted stream is not found, and counts on when it is appended to', async () => {
      const { connection, events } = scene;
      await connection.append('s', events('a b'));
      await connection.client.deleteStream('s');
      expect(await refusalOf(read())).toMatchObject({ type: 'stream-not-found' });
      expect(await refusalOf(connection.append('s', events('c'), 'stream_exists'))).toMatchObject({
        type: 'stream-deleted',
      });
      expect(await refusalOf(connection.append('s', events('c'), 0n))).toMatchObject({
        type: 'wrong-expected-version',
        actual: 1n,
      });
      await connection.client.deleteStream('s');
      expect(await connection.append('s', events('c'), 'no_stream')).toMatchObject({ revision: 2n });
      expect(await connection.append('s', events('d'), 'stream_exists')).toMatchObject({ revision: 3n });
      expect(await read()).toEqual([2, 3]);
      expect(await connection.client.getStreamMetadata('s')).toMatchObject({ metadata: { truncateBefore: 2 } });
    });

    it('a stream that never was cannot be deleted', async () => {
      expect(await refusalOf(scene.connection.client.deleteStream('s'))).toMatchObject({
        type: 'wrong-expected-version',
        code: 9,
        expected: -2n,
        actual: -1n,
        message:
          '9 FAILED_PRECONDITION: Delete failed due to WrongExpectedVersion. Stream: s, Expected version: -2, Actual version: -1',
      });
    });

    it('a tombstone is for good', async () => {
      const { connection, events } = scene;
      await connection.append('s', events('a'));
      await connection.client.tombstoneStream('s');
      const deleted = { type: 'stream-deleted' };
      expect(await refusalOf(connection.append('s', events('b')))).toMatchObject(deleted);
      expect(await refusalOf(read())).toMatchObject(deleted);
      expect(await refusalOf(connection.client.deleteStream('s'))).toMatchObject({ ...deleted, code: 9 });
      expect(await refusalOf(connection.client.tombstoneStream('s'))).toMatchObject({ ...deleted, code: 9 });
      expect((await collected(connection.client.readAll())).at(-1)).toMatchObject({
        type: '$streamDeleted',
        revision: 2n ** 63n - 1n,
      });
      expect(await connection.client.tombstoneStream('never')).toMatchObject({ position: expect.anything() });
    });

    it.each([
      { metadata: { maxCount: 3 }, found: [2, 3, 4] },
      { metadata: { truncateBefore: 4 }, found: [4] },
    ])('metadata $metadata leaves $found', async ({ metadata, found }) => {
      const { connection, events } = scene;
      await connection.append('s', events('a b c d e'));
      await connection.client.setStreamMetadata('s', metadata);
      expect(await read()).toEqual(found);
      expect(await connection.client.getStreamMetadata('s')).toMatchObject({ metadata });
      expect(await connection.append('s', events('f'), 4n)).toMatchObject({ revision: 5n });
      // What is no longer there is still known, but not where it was.
      expect(await connection.append('s', events('a b'), 'no_stream')).toEqual({ revision: 1n, position: undefined });
    });

    it('events older than the metadata allow leave an empty stream', async () => {
      await scene.connection.append('s', scene.events('a'));
      await scene.connection.client.setStreamMetadata('s', { maxAge: 1 });
      const deadline = Date.now() + 10_000;
      while ((await read()).length > 0 && Date.now() < deadline) await sleep(50);
      expect(await read()).toEqual([]);
    });
  });
