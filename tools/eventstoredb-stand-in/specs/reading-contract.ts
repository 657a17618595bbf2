import { describe, expect, it } from '@jest/globals';
import type { ClientUnderTest } from './peer.js';
import { collected, refusalOf } from './peer.js';
import { aScene } from './scene.js';

const ten = '0 1 2 3 4 5 6 7 8 9';

export const readingContract = (client: ClientUnderTest): void =>
  describe('reads:', () => {
    const scene = aScene(client);
    const revisions = async (options: object): Promise<number[]> =>
      (await collected(scene.connection.client.readStream('s', options))).map(({ revision }) => Number(revision));

    it.each([
      { what: 'from a revision', options: { fromRevision: 3n, maxCount: 4 }, found: [3, 4, 5, 6] },
      {
        what: 'from the end backwards',
        options: { direction: 'backwards', fromRevision: 'end', maxCount: 3 },
        found: [9, 8, 7],
      },
      {
        what: 'from a revision backwards',
        options: { direction: 'backwards', fromRevision: 5n },
        found: [5, 4, 3, 2, 1, 0],
      },
      {
        what: 'from beyond the end backwards',
        options: { direction: 'backwards', fromRevision: 99n, maxCount: 2 },
        found: [9, 8],
      },
      { what: 'from beyond the end', options: { fromRevision: 99n }, found: [] },
    ])('a stream $what', async ({ options, found }) => {
      await scene.connection.append('s', scene.events(ten));
      expect(await revisions(options)).toEqual(found);
    });

    it('a stream longer than a page, both ways', async () => {
      const names = Array.from({ length: 450 }, (_, index) => `e${index}`).join(' ');
      await scene.connection.append('s', scene.events(names));
      const all = Array.from({ length: 450 }, (_, index) => index);
      expect(await revisions({})).toEqual(all);
      expect(await revisions({ direction: 'backwards', fromRevision: 'end' })).toEqual(all.toReversed());
      expect(await revisions({ maxCount: 201 })).toEqual(all.slice(0, 201));
    });

    it('what cannot be read is refused', async () => {
      await scene.connection.append('s', scene.events('a'));
      const { badRead } = client;
      expect(await refusalOf(revisions({ maxCount: 0 }))).toMatchObject(badRead('Unexpected ReadStreamResult: Error'));
      const inside = collected(scene.connection.client.readAll({ fromPosition: { commit: 549n, prepare: 549n } }));
      expect(await refusalOf(inside)).toMatchObject(badRead('Unexpected ReadAllResult: InvalidPosition'));
    });

    it('an event comes back as it was sent', async () => {
      const { jsonEvent, binaryEvent } = client.module;
      const id = 'C56A4180-65AA-42EC-A945-5FD21DEC0538';
      const before = Date.now();
      await scene.connection.append('straße/1 #ä', [
        jsonEvent({ id, type: 'J', data: { größe: 1 }, metadata: { m: [1] } }),
        binaryEvent({ type: 'B', data: Buffer.from([0, 255]) }),
      ]);
      const [json, binary] = await collected(scene.connection.client.readStream('straße/1 #ä'));
      expect(json).toMatchObject({
        streamId: 'straße/1 #ä',
        id: id.toLowerCase(),
        revision: 0n,
        type: 'J',
        data: { größe: 1 },
        metadata: { m: [1] },
        isJson: true,
      });
      const [from, to] = client.keepsMilliseconds ? [before, Date.now()] : [before - (before % 1000), Date.now()];
      expect(json!.created.getTime()).toBeGreaterThanOrEqual(from!);
      expect(json!.created.getTime()).toBeLessThanOrEqual(to!);
      expect(binary).toMatchObject({ isJson: false, type: 'B', metadata: undefined });
      expect([...(binary!.data as Uint8Array)]).toEqual([0, 255]);
    });

    it('everything: forwards from a position on, backwards from before it', async () => {
      const { connection, events } = scene;
      const { position: a } = await connection.append('s', events('a'));
      const { position: b } = await connection.append('t', events('b'));
      await connection.append('s', events('c'));
      const all = async (options: object) =>
        (await collected(connection.client.readAll(options))).map(({ type }) => type);
      const at = (position: bigint | undefined) => ({ fromPosition: { commit: position!, prepare: position! } });
      expect(await all({})).toEqual(['$metadata', 'Event-a', 'Event-b', 'Event-c']);
      expect(await all(at(b))).toEqual(['Event-b', 'Event-c']);
      expect(await all({ ...at(b), direction: 'backwards' })).toEqual(['Event-a', '$metadata']);
      expect(await all({ direction: 'backwards', fromPosition: 'end', maxCount: 2 })).toEqual(['Event-c', 'Event-b']);
      expect(await all(at(1_000_000n))).toEqual([]);
      expect(b! - a!).toBeGreaterThan(80n);
    });

    it('everything, filtered by the server where the client asks it', async () => {
      const { connection, events } = scene;
      await connection.append('s-1', events('a b'));
      await connection.append('t-1', events('c'));
      await connection.append('s-2', events('d'));
      const filter = client.module.streamNameFilter({ prefixes: ['s-'] });
      const found = await collected(connection.client.readAll({ filter, maxCount: 3 }));
      expect(found.map(({ type }) => type)).toEqual(
        client.filtersReads ? ['Event-a', 'Event-b', 'Event-d'] : ['$metadata', 'Event-a', 'Event-b'],
      );
    });
  });
