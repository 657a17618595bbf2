import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { goldenNames, House, readGolden } from '#testing';
import { postgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { postgresScene } from '../contract/postgres-scene.js';
import type { ReadModelScene } from '../contract/scene.js';
import { sqliteScene } from '../contract/sqlite-scene.js';

describe('Rows in PostgreSQL', () => {
  let scenes: readonly [ReadModelScene, ReadModelScene];
  beforeAll(async () => {
    scenes = [await sqliteScene(), await postgresScene(await postgresOfSpecs())];
  });
  afterAll(() => Promise.all(scenes.map(scene => scene.close())));

  it.each(goldenNames())('say of %s what those in SQLite say, byte by byte', async name => {
    const { events } = readGolden(name);
    const source = {
      identity: { storeId: name, generation: 1 },
      streamOf: (stream: string, from = 0, before = Number.POSITIVE_INFINITY) =>
        events.filter(event => event.stream === stream && event.revision >= from && event.revision < before),
      blob: (hash: string) => Buffer.from(JSON.stringify({ blob: hash })),
    };
    const [inSqlite, inPostgres] = await Promise.all(
      scenes.map(async scene => {
        let projected = await scene.open(source, name);
        for (let from = 0; from < events.length; from += 5) {
          await projected.apply(events.slice(from, from + 5));
          if (from % 15 > 0) continue;
          await projected.close();
          projected = await scene.open(source, name);
        }
        await projected.close();
        return projected.dump();
      }),
    );
    expect(inPostgres).toEqual(inSqlite);
    expect(Object.values(inPostgres!).flat().length).toBeGreaterThan(1);
  });

  it('hold what its text cannot hold where it is JSON, and can be sorted by it', async () => {
    const house = new House();
    const uuid = (number: number) => `aaaaaaaa-0000-4000-8000-00000000000${number}`;
    const strange = ['b\0', '\ud800 a', 'c\\u0000', '🚀'];
    for (const [index, text] of strange.entries()) {
      await house.enrol(uuid(index), { description: text, extra: { text } });
      await house.send(uuid(index), 'SetMaintenance', { reason: text });
    }
    const { model, apply, close } = await scenes[1].open(house.events, 'strange');
    await apply(house.events.pageOf(0, 100).events);
    for (const sortKey of ['maintenance_reason', 'description']) {
      const rows = await model.nodes.texts({}, { limit: 10, sortKey, descending: true });
      const shown = (text: string) => (JSON.parse(`{${text}}`) as Record<string, unknown>).maintenance_reason;
      expect(new Set(rows.map(({ text }) => shown(text)))).toEqual(new Set(strange));
      expect(rows[0]!.uuid).toBe(uuid(3));
    }
    await close();
    await house.close();
  });
});
