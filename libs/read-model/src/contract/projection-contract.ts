import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RecordedEvent } from '#domain';
import { absentNode, evolve, uuidOfNodeStream } from '#domain';
import { anyHouseMoves, House, make } from '#testing';
import { CheckpointMoved } from '../checkpoint-moved.js';
import { rowOf } from '../node/node-row.js';
import type { ReadModelScene } from './scene.js';

/** What every projection must do, whatever database its rows are in. */
export const projectionContract = (database: string, openScene: () => Promise<ReadModelScene>, runs: number): void => {
  describe(`The read model in ${database}`, () => {
    let scene: ReadModelScene;
    beforeAll(async () => {
      scene = await openScene();
    });
    afterAll(() => scene.close());
    const eventsOf = (house: House): readonly RecordedEvent[] => house.events.pageOf(0, 1_000_000).events;

    /** What a read model says that was given these batches, after a restart where there is an empty one. */
    const projected = async (house: House, name: string, batches: readonly (readonly RecordedEvent[])[]) => {
      let model = await scene.open(house.events, name);
      for (const batch of batches) {
        if (batch.length === 0) {
          await model.close();
          model = await scene.open(house.events, name);
        }
        await model.apply(batch);
      }
      await model.close();
      return model.dump();
    };
    const rebuilt = (house: House) => scene.rebuilt(house);

    const inBatches = (events: readonly RecordedEvent[], sizes: readonly number[]) => {
      const batches: (readonly RecordedEvent[])[] = [];
      for (let [from, next] = [0, 0]; from < events.length; next++) {
        const size = sizes[next % sizes.length]!;
        batches.push(events.slice(from, from + size));
        from += size;
      }
      return batches;
    };

    it('says the same bytes however it came to them', async () => {
      const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 5 });
      const property = fc.asyncProperty(
        anyHouseMoves(50),
        sizes.filter(sizes => sizes.some(Boolean)),
        async (moves, sizes) => {
          const house = new House();
          await make(house, moves);
          const events = eventsOf(house);
          const expected = await rebuilt(house);
          const single = events.map(event => [event]);
          expect(await projected(house, 'single', single)).toEqual(expected);
          expect(await projected(house, 'whole', [events])).toEqual(expected);
          expect(await projected(house, 'batches', inBatches(events, sizes))).toEqual(expected);
          const twice = inBatches(events, sizes).flatMap(batch => [batch, batch]);
          expect(await projected(house, 'twice', [...twice, events])).toEqual(expected);
          await house.close();
        },
      );
      await fc.assert(property, { numRuns: runs });
    }, 120_000);

    it('says of a node what its stream says, after every event', async () => {
      const property = fc.asyncProperty(anyHouseMoves(40), async moves => {
        const house = new House();
        await make(house, moves);
        const projection = await scene.open(house.events, 'model');
        const { model } = projection;
        const nodes = new Map<string, ReturnType<typeof absentNode>>();
        for (const event of eventsOf(house)) {
          await projection.apply([event]);
          if (!event.stream.startsWith('node-')) continue;
          const uuid = uuidOfNodeStream(event.stream);
          const node = evolve(nodes.get(uuid) ?? absentNode(uuid), event);
          nodes.set(uuid, node);
          const { text, offsets, name, revision } = node.present
            ? rowOf(node, hash => house.events.blob(hash))
            : absentRow;
          const row = await model.nodes.byUuid(uuid);
          expect([event.revision, row?.text]).toEqual([event.revision, text]);
          expect([row?.name, row?.revision, row?.offsets.equals(offsets!)]).toEqual(
            node.present ? [name, revision, true] : [undefined, undefined, undefined],
          );
          if (name) expect((await model.nodes.byName(name))?.uuid).toBe(uuid);
          expect(JSON.parse(`{${text ?? ''}}`)).toMatchObject(
            node.present ? { uuid, provision_state: node.provisionState, name: node.attributes.name } : {},
          );
        }
        await projection.close();
        await house.close();
      });
      await fc.assert(property, { numRuns: runs });
    }, 120_000);

    it('is of one projector: where another one has moved the checkpoint, nothing is written', async () => {
      const house = new House();
      await house.enrol('aaaaaaaa-0000-4000-8000-000000000000', { name: 'one' });
      await house.enrol('bbbbbbbb-0000-4000-8000-000000000000', { name: 'two' });
      const [one, two] = [await scene.open(house.events, 'model'), await scene.open(house.events, 'model')];
      const events = eventsOf(house);
      await one.apply(events.slice(0, 2));
      await expect((async () => two.apply(events))()).rejects.toBeInstanceOf(CheckpointMoved);
      expect([two.position, one.position]).toEqual([0, 2]);
      expect(await two.model.nodes.byName('two')).toBeUndefined();
      await one.apply(events);
      await Promise.all([one.close(), two.close()]);
      expect((await one.dump()).nodes).toHaveLength(2);
      await house.close();
    });

    it('is as it was when a batch cannot be written, and takes it later', async () => {
      const house = new House();
      const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';
      await house.enrol(uuid, { extra: { big: 'x'.repeat(3_000) } });
      await house.send(uuid, 'SetMaintenance', { reason: 'x' });
      let isBroken = true;
      const checkpoint = async () => (await projection.dump()).checkpoints;
      const readBlob = house.events.blob.bind(house.events);
      house.events.blob = hash => {
        if (isBroken) throw new Error('the disk is gone');
        return readBlob(hash);
      };
      const projection = await scene.open(house.events, 'model');
      const { model } = projection;
      const events = eventsOf(house);
      await expect((async () => projection.apply(events))()).rejects.toThrow('the disk is gone');
      expect([projection.position, await model.nodes.byUuid(uuid)]).toEqual([0, undefined]);
      expect(await checkpoint()).toEqual([{ projection: 'all', position: 0, event_id: '' }]);
      isBroken = false;
      await projection.apply(events);
      expect(projection.position).toBe(events.length);
      expect(await checkpoint()).toEqual([{ projection: 'all', position: events.length, event_id: events.at(-1)!.id }]);
      expect((await model.nodes.byUuid(uuid))?.revision).toBe(1);
      await projection.close();
      await house.close();
    });

    it('tells incarnations of one uuid apart, also within one batch', async () => {
      const house = new House();
      const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';
      const port = { uuid: 'port-1', address: '52:54:00:00:00:01', attributes: {} };
      const problem = { code: 'operation.failed' as const, title: 'No', detail: 'no' };
      for (const name of ['first', 'second']) {
        await house.enrol(uuid, { name });
        await house.send(uuid, 'AttachPort', port);
        await house.send(uuid, 'ManageNode', {});
        const { operation } = await house.node(uuid);
        await house.send(uuid, 'FailOperation', { operation: operation!.id, problem });
        if (name === 'first') await house.send(uuid, 'DeleteNode', {});
      }
      const events = eventsOf(house);
      const expected = await rebuilt(house);
      expect(expected.nodes).toMatchObject([{ name: 'second' }]);
      expect(expected.ports).toHaveLength(1);
      expect(
        (expected.node_history as { id: number }[]).every(({ id }) => id > (expected.nodes as { id: number }[])[0]!.id),
      ).toBe(true);
      for (let cut = 1; cut < events.length; cut++)
        expect(await projected(house, `cut${cut}`, [events.slice(0, cut), events.slice(cut)])).toEqual(expected);
      await house.close();
    }, 30_000);

    it('keeps the newest 300 entries of a node, however they come', async () => {
      const house = new House();
      const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';
      await house.enrol(uuid);
      const problem = { code: 'hardware.failed' as const, title: 'No', detail: 'no' };
      for (let count = 0; count < 330; count++) {
        const asked = await house.send(uuid, 'SetBootDevice', { device: 'pxe', persistent: false });
        const [action, conductor] = [asked.state.action!.id, 'conductor-1'];
        const claim = asked.state.claim && { epoch: asked.state.claim.epoch };
        const { state } = await house.send(uuid, 'BeginAction', { action, conductor, ...claim });
        await house.send(uuid, 'FailAction', { action, ...state.action!.running!, problem });
      }
      const events = eventsOf(house);
      const expected = await rebuilt(house);
      const failures = events.filter(({ type }) => type.endsWith('Failed')).map(({ position }) => position);
      expect((expected.node_history as { id: number }[]).map(({ id }) => id)).toEqual(failures.slice(-300));
      expect(await projected(house, 'whole', [events])).toEqual(expected);
      expect(await projected(house, 'batches', inBatches(events, [7, 250, 1]))).toEqual(expected);
      await house.close();
    }, 30_000);

    it('takes addresses that go from port to port and from node to node within one batch', async () => {
      const house = new House();
      const [a, b] = ['aaaaaaaa-0000-4000-8000-000000000000', 'bbbbbbbb-0000-4000-8000-000000000000'] as const;
      const [one, two] = ['52:54:00:00:00:01', '52:54:00:00:00:02'];
      await house.enrol(a);
      await house.enrol(b);
      await house.send(a, 'AttachPort', { uuid: 'port-1', address: one, attributes: {} });
      await house.send(a, 'AttachPort', { uuid: 'port-2', address: two, attributes: {} });
      const change = (uuid: string, address: string) => house.send(a, 'ChangePort', { uuid, changes: { address } });
      await change('port-1', '52:54:00:00:00:03');
      await change('port-2', one);
      await change('port-1', two);
      await house.send(b, 'SetMaintenance', { reason: null });
      await house.send(a, 'DetachPort', { uuid: 'port-2' });
      await house.send(b, 'AttachPort', { uuid: 'port-2', address: one, attributes: {} });
      const events = eventsOf(house);
      const whole = await projected(house, 'whole', [events]);
      expect(whole.ports).toMatchObject([
        { uuid: 'port-1', address: two, node_uuid: a },
        { uuid: 'port-2', address: one, node_uuid: b },
      ]);
      for (let cut = 1; cut < events.length; cut++)
        expect(await projected(house, `cut${cut}`, [events.slice(0, cut), events.slice(cut)])).toEqual(whole);
      expect(whole).toEqual(await rebuilt(house));
      await house.close();
    });
  });
};

const absentRow = { text: undefined, offsets: undefined, name: undefined, revision: undefined };
