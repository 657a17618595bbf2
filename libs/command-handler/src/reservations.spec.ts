import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NodeCommand } from '#domain';
import { foldReservation, nodeStream, Problem, reservationStream, uniqueValues } from '#domain';
import { diesAfter, House, OneAfterAnother, ProcessDied } from '#testing';

const a = 'aaaaaaaa-0000-4000-8000-000000000000';
const b = 'bbbbbbbb-0000-4000-8000-000000000000';
const mac = '52:54:00:00:00:01';
const port = (address = mac) => ({ uuid: `port-${address.slice(-2)}`, address, attributes: {} });
const rename = (name: string | null) => ({ patch: [{ op: 'replace' as const, path: '/name', value: name }] });
const taken = { code: 'value.taken' };

describe('A unique value, where streams are appended to one after another', () => {
  let house: House;
  /** The store as the first process sees it; another one has a store that nothing interferes with. */
  let slow: OneAfterAnother;
  beforeEach(() => {
    house = new House({ store: sqlite => (slow = new OneAfterAnother(sqlite)) });
  });
  afterEach(() => house.close());

  const another = () => house.process(new OneAfterAnother(house.events));
  const nameOf = async (uuid: string) => (await house.node(uuid)).attributes.name;
  const lapses = async () => {
    const { events } = await house.events.readAll(0, 10_000, { types: ['ClaimLapsed'] });
    return events.map(({ stream }) => stream);
  };
  /** Each value has one holder, and its reservation says so. */
  const requireConsistent = async (scene: House, ...uuids: string[]) => {
    const nodes = await Promise.all(uuids.map(uuid => scene.process().repository.load(uuid)));
    const held = nodes.flatMap(node => uniqueValues(node).map(value => ({ value, holder: nodeStream(node.uuid) })));
    const streams = held.map(({ value }) => reservationStream(value));
    expect(streams).toEqual([...new Set(streams)]);
    for (const { value, holder } of held) {
      const reserved = foldReservation(await scene.events.readStream(reservationStream(value)));
      expect([value, reserved?.holder]).toEqual([value, holder]);
    }
  };

  it('is reserved, then decided on, then given up', async () => {
    await house.enrol(a, { name: 'one' });
    await house.send(a, 'PatchNode', rename('two'));
    const { events } = await house.events.readAll(0, 100);
    expect(events.map(({ stream, type }) => `${stream} ${type}`)).toEqual([
      'reservation-node-name-one ReservationTaken',
      `${nodeStream(a)} NodeEnrolled`,
      'reservation-node-name-two ReservationTaken',
      `${nodeStream(a)} NodeAttributesChanged`,
      'reservation-node-name-one ReservationReleased',
    ]);
    expect(events[2]!.data).toMatchObject({ holder: nodeStream(a), expectedRevision: 0 });
  });

  it('is free again after a rename, a removal and a deletion, and not before', async () => {
    await house.enrol(a, { name: 'one', instance_uuid: 'i1' });
    await house.enrol(b);
    await house.send(a, 'AttachPort', port());
    await expect(house.send(b, 'PatchNode', rename('one'))).rejects.toMatchObject(taken);
    await expect(house.send(b, 'AttachPort', { ...port(), uuid: 'other' })).rejects.toMatchObject(taken);
    await expect(house.send(b, 'AttachPort', { ...port('52:54:00:00:00:02'), uuid: 'port-01' })).rejects.toMatchObject(
      taken,
    );

    await house.send(a, 'PatchNode', rename('two'));
    await house.send(b, 'PatchNode', rename('one'));
    await house.send(a, 'DetachPort', { uuid: 'port-01' });
    await house.send(b, 'AttachPort', port());
    await house.send(a, 'PatchNode', { patch: [{ op: 'remove', path: '/instance_uuid' }] });
    await house.send(a, 'DeleteNode', {});
    await house.send(b, 'PatchNode', rename('two'));
    await house.enrol(a, { name: 'one', instance_uuid: 'i1' });
    await requireConsistent(house, a, b);
    expect([await nameOf(a), await nameOf(b)]).toEqual(['one', 'two']);
  });

  it('may be taken up again by whoever has just given it up, in one command', async () => {
    await house.enrol(a, { name: 'one' });
    await house.send(a, 'AttachPort', port());
    await house.send(a, 'ChangePort', { uuid: 'port-01', changes: { address: '52:54:00:00:00:02' } });
    await house.send(a, 'ChangePort', { uuid: 'port-01', changes: { address: mac } });
    await requireConsistent(house, a);
  });

  describe('when its writer dies', () => {
    /** A command of each kind, and how many streams it writes. */
    const commands = {
      enrol: {
        streams: 3,
        run: () => house.enrol(a, { name: 'one', instance_uuid: 'i1' }),
        prepare: async () => undefined,
      },
      rename: {
        streams: 3,
        run: () => house.send(a, 'PatchNode', rename('one')),
        prepare: () => house.enrol(a, { name: 'old' }),
      },
      attach: { streams: 3, run: () => house.send(a, 'AttachPort', port()), prepare: () => house.enrol(a) },
      delete: {
        streams: 4,
        run: () => house.send(a, 'DeleteNode', {}),
        prepare: async () => {
          await house.enrol(a, { name: 'one' });
          await house.send(a, 'AttachPort', port());
        },
      },
    };
    const cases = Object.entries(commands).flatMap(([name, { streams }]) =>
      Array.from({ length: streams + 1 }, (_, written) => ({ name: name as keyof typeof commands, written })),
    );

    it.each(cases)('at $name, with $written streams written: the same is done again', async ({ name, written }) => {
      const { prepare, run } = commands[name];
      await prepare();
      slow.interference = diesAfter(written);
      await expect(run()).rejects.toBeInstanceOf(ProcessDied);
      slow.interference = {};
      // The client asks again, by another command: it is done now, or had been.
      const again = await run().catch((error: unknown) => error);
      if (again instanceof Error)
        expect(['node.exists', 'node.missing', 'value.taken']).toContain((again as Problem).code);
      const node = await house.node(a);
      expect(name === 'delete' ? node.present : uniqueValues(node).map(({ value }) => value)).toEqual(
        { enrol: ['one', 'i1'], rename: ['one'], attach: [mac, 'port-01'], delete: false }[name],
      );
      await requireConsistent(house, a);
      expect(await lapses()).toEqual([]);
    });

    it.each(cases)(
      'at $name, with $written streams written: another gets what it does not hold',
      async ({ name, written }) => {
        const { prepare, run } = commands[name];
        await prepare();
        slow.interference = diesAfter(written);
        await expect(run()).rejects.toBeInstanceOf(ProcessDied);
        const others = another();
        const wanted = async () => {
          await house.enrol(b, { name: 'one', instance_uuid: 'i1' }, { by: others });
          await house.send(b, 'AttachPort', port(), { by: others });
        };
        const outcome = await house.within(
          10_000,
          wanted().catch((error: unknown) => error),
        );
        const held = new Set(uniqueValues(await others.repository.load(a)).map(({ value }) => value));
        const isHeld = ['one', 'i1', mac].some(value => held.has(value));
        if (isHeld) expect(outcome).toMatchObject(taken);
        else expect(outcome).toBeUndefined();
        await requireConsistent(house, a, b);
      },
    );

    it('is given to one of many who wait for it', async () => {
      slow.interference = diesAfter(1);
      await expect(house.enrol(a, { name: 'one' })).rejects.toBeInstanceOf(ProcessDied);
      const uuids = Array.from(
        { length: 40 },
        (_, index) => `${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`,
      );
      const racing = uuids.map(uuid => house.enrol(uuid, { name: 'one' }, { by: another() }));
      const outcomes = await house.within(20_000, Promise.allSettled(racing));
      const lost = outcomes
        .filter(outcome => outcome.status === 'rejected')
        .map(({ reason }) => (reason as Problem).code);
      expect(lost).toHaveLength(39);
      expect(new Set(lost)).toEqual(new Set(['value.taken']));
      expect(await lapses()).toEqual([nodeStream(a)]);
      await requireConsistent(house, a, ...uuids);
    });

    it('leaves a lapsed claim that a later enrolment does not mind', async () => {
      slow.interference = diesAfter(1);
      await expect(house.enrol(a, { name: 'one' })).rejects.toBeInstanceOf(ProcessDied);
      await house.within(5_000, house.enrol(b, { name: 'one' }, { by: another() }));
      slow.interference = {};
      expect(await house.typesOf(a)).toEqual(['ClaimLapsed']);
      await expect(house.enrol(a, { name: 'one' })).rejects.toMatchObject(taken);
      await house.enrol(a, { name: 'two' });
      await requireConsistent(house, a, b);
    });
  });

  describe('when its writer is slow', () => {
    /** Holds the first process up before it writes the node's own stream. */
    const heldUp = () => {
      const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      slow.interference = {
        before: async ({ stream }) => {
          if (stream !== nodeStream(a)) return;
          reached.resolve();
          await go.promise;
        },
      };
      return { reached: reached.promise, go: () => ((slow.interference = {}), go.resolve()) };
    };

    it('is waited for, and not doubled', async () => {
      const gate = heldUp();
      const first = house.enrol(a, { name: 'one' });
      await gate.reached;
      const second = house.enrol(b, { name: 'one' }, { by: another() });
      await house.clock.advance(1_900);
      gate.go();
      await first;
      await expect(house.within(5_000, second)).rejects.toMatchObject(taken);
      expect(await lapses()).toEqual([]);
      await requireConsistent(house, a, b);
    });

    it('conflicts when it comes too late: the other one has it by then', async () => {
      const gate = heldUp();
      const first = house.enrol(a, { name: 'one' });
      await gate.reached;
      await house.within(10_000, house.enrol(b, { name: 'one' }, { by: another() }));
      expect(await house.typesOf(a)).toEqual(['ClaimLapsed']);
      gate.go();
      await expect(first).rejects.toMatchObject(taken);
      expect(await house.typesOf(a)).toEqual(['ClaimLapsed']);
      await requireConsistent(house, a, b);
    });

    it('goes on with the rest of its command where the value does not matter any more', async () => {
      await house.enrol(a, { name: 'old' });
      const gate = heldUp();
      const first = house.send(a, 'PatchNode', rename('one'));
      await gate.reached;
      await house.within(10_000, house.enrol(b, { name: 'one' }, { by: another() }));
      await house.send(b, 'PatchNode', rename('other'), { by: another() });
      gate.go();
      expect((await first).state.attributes.name).toBe('one');
      await requireConsistent(house, a, b);
    });
  });

  it('is won by one of 1,000 who want it at once: a name', async () => {
    const uuids = Array.from(
      { length: 1_000 },
      (_, index) => `${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`,
    );
    const processes = Array.from({ length: 4 }, another);
    const racing = uuids.map((uuid, index) => house.enrol(uuid, { name: 'one' }, { by: processes[index % 4]! }));
    const outcomes = await house.within(30_000, Promise.allSettled(racing));
    const lost = outcomes
      .filter(outcome => outcome.status === 'rejected')
      .map(({ reason }) => (reason as Problem).code);
    expect([lost.length, ...new Set(lost)]).toEqual([999, 'value.taken']);
    const { events } = await house.events.readAll(0, 10_000);
    expect(events.map(({ type }) => type)).toEqual(['ReservationTaken', 'NodeEnrolled']);
  }, 60_000);

  it('is won by one of 1,000 who want it at once: a MAC address', async () => {
    const uuids = Array.from(
      { length: 50 },
      (_, index) => `${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`,
    );
    await Promise.all(uuids.map(uuid => house.enrol(uuid)));
    const processes = Array.from({ length: 4 }, another);
    const racing = Array.from({ length: 1_000 }, (_, index) =>
      house.send(
        uuids[index % 50]!,
        'AttachPort',
        { uuid: `port-${index}`, address: mac, attributes: {} },
        { by: processes[index % 4]! },
      ),
    );
    const outcomes = await house.within(30_000, Promise.allSettled(racing));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { events } = await house.events.readAll(0, 10_000, { types: ['Port', 'ClaimLapsed'] });
    expect(events.map(({ type }) => type)).toEqual(['PortAttached']);
    await requireConsistent(house, ...uuids);
  }, 60_000);

  it('is not taken from a stream that only a newer version can read', async () => {
    await house.enrol(a, { name: 'one' });
    const [enrolled] = await house.events.readStream(nodeStream(a));
    const newer = {
      id: 'n',
      type: 'NodeNameKeptBySomethingNew',
      data: {},
      metadata: { ...enrolled!.metadata, readableBy: '99' },
    };
    await house.events.append([{ stream: nodeStream(a), expected: 0, events: [newer] }]);
    await expect(house.enrol(b, { name: 'one' }, { by: another() })).rejects.toMatchObject({ code: 'node.unreadable' });
  });

  it('never has two holders, whoever dies where', async () => {
    const uuids = [a, b, 'cccccccc-0000-4000-8000-000000000000'];
    const name = fc.constantFrom('x', 'y', null);
    const aPort = fc.constantFrom(mac, '52:54:00:00:00:02').map(address => port(address));
    const what: fc.Arbitrary<Pick<NodeCommand, 'type' | 'data'>> = fc.oneof(
      name.map(name => ({
        type: 'EnrolNode' as const,
        data: { attributes: { driver: 'fake-hardware', name }, provisionState: 'enroll' as const },
      })),
      name.map(name => ({ type: 'PatchNode' as const, data: rename(name) })),
      fc.constant({ type: 'DeleteNode' as const, data: {} }),
      aPort.map(data => ({ type: 'AttachPort' as const, data })),
      aPort.map(({ uuid }) => ({ type: 'DetachPort' as const, data: { uuid } })),
    );
    const dies = fc.option(fc.integer({ min: 0, max: 4 }), { freq: 2 });
    const round = fc.array(fc.record({ uuid: fc.constantFrom(...uuids), what, dies }), { minLength: 1, maxLength: 4 });
    const run = fc.asyncProperty(fc.array(round, { maxLength: 8 }), async rounds => {
      const scene = new House();
      for (const round of rounds) {
        // All of a round at once, each in a process of its own.
        const asked = round.map(({ uuid, what: { type, data }, dies }) => {
          const store = new OneAfterAnother(scene.events);
          if (dies !== null) store.interference = diesAfter(dies);
          return scene.send(uuid, type, data as never, { by: scene.process(store) });
        });
        const outcomes = await scene.within(60_000, Promise.allSettled(asked));
        const errors = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
        for (const { reason } of errors) if (!(reason instanceof ProcessDied)) expect(reason).toBeInstanceOf(Problem);
        await requireConsistent(scene, ...uuids);
      }
      await scene.close();
    });
    await fc.assert(run, { numRuns: 40 });
  }, 60_000);
});
