import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RecordedEvent } from '#domain';
import { anyHouseMoves, dump, House, make } from '#testing';
import { isCurrent } from './open.js';
import { rebuildInto } from './rebuild.js';
import { SqliteReadModel } from './sqlite-read-model.js';

describe('A read model in a file', () => {
  const sourceOf = (house: House) => ({
    streamBefore: (stream: string, revision: number) => house.events.streamOf(stream, 0, revision),
    readBlob: (hash: string) => house.events.blob(hash),
  });
  const eventsOf = (house: House): readonly RecordedEvent[] => house.events.pageOf(0, 1_000_000).events;

  it('says the same bytes when it is rebuilt as when it was written in the turns of the commits', async () => {
    const property = fc.asyncProperty(anyHouseMoves(50), async moves => {
      const house = new House();
      await house.openReadModel();
      await make(house, moves);
      const path = house.folder.file('rebuilt.sqlite');
      await house.rebuild(path);
      expect(dump(house.folder.file('read-model.sqlite'))).toEqual(dump(path));
      await house.close();
    });
    await fc.assert(property, { numRuns: 15 });
  }, 120_000);

  it('is rebuilt up to the head of the moment in which that began, and goes on from there', async () => {
    const house = new House();
    const uuids = ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'].map(start => `${start}-0000-4000-8000-000000000000`);
    const head = async () => {
      const position = await house.events.head();
      return { position, eventId: house.events.pageOf(position - 1, 1).events[0]!.id, events: position };
    };
    for (const uuid of uuids.slice(0, 2)) await house.enrol(uuid, { name: uuid.slice(0, 8) });
    const before = await head();
    // Meanwhile a node is renamed that was not read yet, and one is enrolled.
    await house.send(uuids[1]!, 'PatchNode', { patch: [{ op: 'add', path: '/name', value: 'renamed' }] });
    await house.enrol(uuids[2]!, { name: 'aaaaaaaa-late' });
    const events = eventsOf(house);
    const path = house.folder.file('rebuilt.sqlite');
    const { position } = await rebuildInto(path, {
      ...sourceOf(house),
      head: () => before,
      streams: (_, upTo) =>
        [...new Set(events.map(({ stream }) => stream))].map(stream => ({
          stream,
          events: house.events.streamOf(stream).filter(({ position }) => position <= upTo),
        })),
    });
    expect(position).toBe(before.position);
    const model = await SqliteReadModel.open(path, sourceOf(house));
    expect([model.position, model.lastEventId]).toEqual([before.position, before.eventId]);
    expect([model.nodes.byName('bbbbbbbb')?.uuid, model.nodes.byName('renamed')]).toEqual([uuids[1], undefined]);
    model.apply(events);
    await model.close();
    const whole = await SqliteReadModel.open(house.folder.file('whole.sqlite'), sourceOf(house));
    whole.apply(events);
    await whole.close();
    expect(dump(path)).toEqual(dump(house.folder.file('whole.sqlite')));
    await house.close();
  });

  it('leaves nothing usable of a rebuild that broke off', async () => {
    const house = new House();
    await house.enrol('aaaaaaaa-0000-4000-8000-000000000000');
    const path = house.folder.file('rebuilt.sqlite');
    const building = rebuildInto(path, {
      ...sourceOf(house),
      head: () => ({ position: 1, eventId: 'x', events: 1 }),
      streams: () => {
        throw new Error('the disk is gone');
      },
    });
    await expect(building).rejects.toThrow('the disk is gone');
    expect(isCurrent(path)).toBe(false);
    await house.close();
  });
});
