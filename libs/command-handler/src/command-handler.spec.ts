import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import {
  chassisAggregate,
  EventTooLarge,
  isoOf,
  nodeStream,
  OutcomeUnknown,
  REMEMBERED_COMMANDS,
  StoreUnavailable,
} from '#domain';
import { EventNotValid, EventRegistry } from '#schemas';
import { anEvent, countingIds, House, losesAnswers, OneAfterAnother, operator, plain, turn } from '#testing';
import type { Cause } from './cause.js';
import { causedBy, rootCause } from './cause.js';
import { CommandHandler } from './command-handler.js';

const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';
const stream = nodeStream(uuid);

describe('The command handler', () => {
  let house: House;
  let store: OneAfterAnother;
  beforeEach(async () => {
    house = new House({ store: sqlite => (store = new OneAfterAnother(sqlite)) });
    await house.enrol(uuid);
  });
  afterEach(() => house.close());

  const setMaintenance = (reason: string, cause?: Cause) =>
    house.send(uuid, 'SetMaintenance', { reason }, cause && { cause });
  const report = (): Cause => house.cause({ principal: { kind: 'conductor', id: 'conductor-1' } });
  /** Somebody else writes to the node's stream, so often at the most, each time before the handler does. */
  const disturb = (times: number) => {
    const id = countingIds('d');
    let left = times;
    store.interference = {
      before: async append => {
        if (append.stream !== stream || left-- <= 0) return;
        const [last] = await house.events.readStreamBackwards(stream, 1);
        await house.events.append([{ stream, expected: last!.revision, events: [anEvent(id(), { type: 'Unknown' })] }]);
      },
    };
    return () => left;
  };
  const all = async () => (await house.events.readAll(0, 10_000)).events;

  describe('decides anew when others were faster', () => {
    it('and says so to a client after eight times', async () => {
      const left = disturb(1_000);
      await expect(setMaintenance('mine')).rejects.toMatchObject({ code: 'command.conflict' });
      expect(left()).toBe(1_000 - 8);
      expect((await house.node(uuid)).maintenance).toBeNull();
    });

    it('and gets it done where there is an end to it', async () => {
      disturb(7);
      const { state, events } = await setMaintenance('mine');
      expect([state.maintenance, events[0]!.revision]).toEqual([{ reason: 'mine' }, 8]);
    });

    it('for ever where it is a report', async () => {
      disturb(100);
      const { events } = await setMaintenance('reported', report());
      expect(events[0]!.revision).toBe(101);
    });

    it('on what is there then: 60 at once leave no gap and no double', async () => {
      const traits = Array.from({ length: 20 }, (_, index) => `CUSTOM_${index}`);
      const handlers = [house.nodes, house.process(), house.process()];
      const asked = traits.flatMap(trait =>
        handlers.map(by => house.send(uuid, 'AddTrait', { trait }, { by, cause: report() })),
      );
      await Promise.all(asked);
      expect((await house.node(uuid)).traits).toEqual([...traits].sort());
      const events = await house.events.readStream(stream);
      expect(events.map(({ revision }) => revision)).toEqual(events.map((_, index) => index));
      expect(events).toHaveLength(21);
    });
  });

  describe('repeats an append whose outcome is unknown', () => {
    it.each([1, 2, 3, 6])('the same, %d times, and it is written once', async times => {
      store.interference = losesAnswers(times);
      const { events, repeated } = await house.within(20_000, setMaintenance('mine'));
      expect(repeated).toBe(false);
      expect(events.map(({ type }) => type)).toEqual(['MaintenanceSet']);
      expect((await house.events.readStream(stream)).map(({ type }) => type)).toEqual([
        'NodeEnrolled',
        'MaintenanceSet',
      ]);
    });

    it('and finds that it was its own, though others have written since', async () => {
      let isFirst = true;
      store.interference = {
        after: async append => {
          if (append.stream !== stream || !isFirst) return;
          isFirst = false;
          await house.events.append([{ stream, expected: 1, events: [anEvent('x', { type: 'Unknown' })] }]);
          throw new OutcomeUnknown('the connection broke');
        },
      };
      const { events } = await house.within(20_000, setMaintenance('mine'));
      expect(events.map(({ revision }) => revision)).toEqual([1]);
      expect(await house.typesOf(uuid)).toEqual(['NodeEnrolled', 'MaintenanceSet', 'Unknown']);
    });
  });

  describe('when the store takes nothing', () => {
    const refuse = (times: number) => {
      let left = times;
      store.interference = {
        before: () => {
          if (left-- > 0) throw new StoreUnavailable('the disk is full');
        },
      };
    };

    it('tells a client', async () => {
      refuse(1);
      await expect(setMaintenance('mine')).rejects.toBeInstanceOf(StoreUnavailable);
      expect((await setMaintenance('mine')).events).toHaveLength(1);
    });

    it('tells a client that nobody knows, when it never says what became of an append', async () => {
      let calls = 0;
      const forget = (error: Error) => () => {
        calls++;
        throw error;
      };
      store.interference = { before: forget(new OutcomeUnknown('no answer')) };
      await expect(house.within(60_000, setMaintenance('mine'))).rejects.toBeInstanceOf(OutcomeUnknown);
      expect(calls).toBeGreaterThan(5);
    });

    it('goes on with a report whose outcome nobody knows', async () => {
      let left = 50;
      store.interference = {
        after: async append => {
          if (append.stream === stream && left-- > 0) throw new OutcomeUnknown('no answer');
        },
      };
      await house.within(120_000, setMaintenance('mine', report()));
      expect(await house.typesOf(uuid)).toEqual(['NodeEnrolled', 'MaintenanceSet']);
    });

    it('waits with a report until it does', async () => {
      refuse(50);
      const { events } = await house.within(60_000, setMaintenance('mine', report()));
      expect(events).toHaveLength(1);
    });
  });

  describe('remembers commands', () => {
    it('and answers one that comes again as it did then', async () => {
      const cause = house.cause();
      const first = await setMaintenance('one', cause);
      await setMaintenance('two');
      const again = await setMaintenance('one', cause);
      expect(again.repeated).toBe(true);
      expect(again.state).toEqual(first.state);
      expect(again.events.map(plain)).toEqual(first.events.map(plain));
      expect(again.position).toBe(first.position);
      expect((await house.node(uuid)).maintenance).toEqual({ reason: 'two' });
    });

    it('in other processes, too', async () => {
      const cause = house.cause();
      await setMaintenance('one', cause);
      const again = await house.send(uuid, 'SetMaintenance', { reason: 'one' }, { cause, by: house.process() });
      expect(again.repeated).toBe(true);
    });

    it('as many as it says, and no more', async () => {
      const cause = house.cause();
      await setMaintenance('first', cause);
      for (let count = 1; count < REMEMBERED_COMMANDS; count++) await setMaintenance(`${count}`);
      expect((await setMaintenance('first', cause)).repeated).toBe(true);
      await setMaintenance('one more');
      expect((await setMaintenance('first', cause)).repeated).toBe(false);
    });
  });

  describe('keeps idempotency keys', () => {
    const keyed = (key: string, digest = 'same body'): Cause =>
      rootCause(`d0000000-0000-4000-8000-${key.padStart(12, '0')}`, operator, { idempotency: { key, digest } });

    it('the same request gets the same answer', async () => {
      const first = await setMaintenance('one', keyed('1'));
      await setMaintenance('two');
      const again = await setMaintenance('one', keyed('1'));
      expect([again.repeated, again.state]).toEqual([true, first.state]);
      expect((await house.node(uuid)).maintenance).toEqual({ reason: 'two' });
    });

    it('another request is refused', async () => {
      await setMaintenance('one', keyed('1'));
      await expect(setMaintenance('two', keyed('1', 'another body'))).rejects.toMatchObject({
        code: 'request.idempotency-key-reused',
      });
      await expect(setMaintenance('two', keyed('1', 'another body'))).rejects.toMatchObject({
        code: 'request.idempotency-key-reused',
      });
    });

    it('for ever: where the fold has forgotten, the stream has not', async () => {
      const first = await setMaintenance('first', keyed('1'));
      for (let count = 0; count < REMEMBERED_COMMANDS + 5; count++) await setMaintenance(`${count}`);
      const again = await setMaintenance('first', keyed('1'));
      expect([again.repeated, again.state]).toEqual([true, first.state]);
      expect(again.events.map(plain)).toEqual(first.events.map(plain));
    });

    it('two that come at once are one', async () => {
      const both = await Promise.all(
        [house.nodes, house.process()].map(by =>
          house.send(uuid, 'SetMaintenance', { reason: 'one' }, { cause: keyed('1'), by }),
        ),
      );
      expect(both[0]!.state).toEqual(both[1]!.state);
      expect(both[0]!.events.map(plain)).toEqual(both[1]!.events.map(plain));
      expect(await house.typesOf(uuid)).toEqual(['NodeEnrolled', 'MaintenanceSet']);
    });

    it('what changed nothing changes nothing when it comes again', async () => {
      await setMaintenance('one');
      const first = await setMaintenance('one', keyed('1'));
      expect(first.events).toEqual([]);
      await setMaintenance('two');
      const again = await setMaintenance('one', keyed('1'));
      expect([again.repeated, again.events]).toEqual([true, []]);
      expect(again.state).toEqual(first.state);
      expect((await house.node(uuid)).maintenance).toEqual({ reason: 'two' });
    });

    it('what died between the key and the decision is decided when it comes again', async () => {
      store.interference = { after: ({ stream }) => void (stream.startsWith('idempotency-') && died()) };
      await expect(setMaintenance('one', keyed('1'))).rejects.toThrow('died');
      store.interference = {};
      const again = await setMaintenance('one', keyed('1'));
      expect([again.repeated, again.events.length]).toEqual([false, 1]);
      expect((await setMaintenance('one', keyed('1'))).repeated).toBe(true);
    });

    it('what was refused leaves none', async () => {
      await expect(house.send(uuid, 'DeployNode', {}, { cause: keyed('1') })).rejects.toMatchObject({
        code: 'node.wrong-state',
      });
      expect((await all()).filter(({ type }) => type === 'IdempotencyKeyUsed')).toEqual([]);
    });
  });

  describe('while the node is worked on', () => {
    const release = async () => {
      const { operation, claim } = await house.node(uuid);
      const problem = { code: 'operation.failed' as const, title: 'No', detail: 'no' };
      expect(claim).toBeNull();
      await house.send(uuid, 'FailOperation', { operation: operation!.id, problem }, { cause: report() });
    };
    beforeEach(() => house.send(uuid, 'ManageNode', {}));

    it('waits for 3 s, then says that it is locked', async () => {
      const asked = setMaintenance('mine');
      const told = expect(asked).rejects.toMatchObject({ code: 'node.locked' });
      const from = house.clock.now();
      await house.within(
        5_000,
        asked.catch(() => undefined),
      );
      expect(house.clock.now() - from).toBe(3_000);
      await told;
      expect(house.clock.pending()).toBe(0);
    });

    it('goes on as soon as this process has changed it', async () => {
      const asked = setMaintenance('mine');
      await house.clock.advance(1_000);
      await release();
      for (let turns = 0; turns < 10; turns++) await turn();
      expect((await asked).state.maintenance).toEqual({ reason: 'mine' });
    });

    it('goes on soon after another process has changed it', async () => {
      const asked = setMaintenance('mine');
      await house.clock.advance(1_000);
      const { operation } = await house.node(uuid);
      await house.send(
        uuid,
        'FailOperation',
        { operation: operation!.id, problem: { code: 'operation.failed', title: 'No', detail: 'no' } },
        { cause: report(), by: house.process() },
      );
      expect((await house.within(200, asked)).state.maintenance).toEqual({ reason: 'mine' });
    });

    it('does not seal and store its secrets again while nothing changes', async () => {
      let puts = 0;
      const put = house.events.put.bind(house.events);
      house.events.put = content => (puts++, put(content));
      const patch = [{ op: 'add' as const, path: '/driver_info/password', value: 'x'.repeat(5_000) }];
      const asked = house.send(uuid, 'PatchNode', { patch }).catch((error: unknown) => error);
      expect(await house.within(5_000, asked)).toMatchObject({ code: 'node.locked' });
      expect(puts).toBe(1);
    });
  });

  describe('writes', () => {
    it('who, why, when and where the work goes, in flat strings', async () => {
      const [enrolled] = await house.events.readStream(stream);
      const cause: Cause = {
        ...causedBy(enrolled!, 'c0000000-0000-4000-8000-0000000000ff', { ...operator, roles: ['admin', 'reader'] }),
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      };
      const { events } = await house.send(
        uuid,
        'PatchNode',
        { patch: [{ op: 'add', path: '/name', value: 'n' }] },
        { cause },
      );
      expect(events[0]!.metadata).toEqual({
        $correlationId: enrolled!.metadata.$correlationId,
        $causationId: enrolled!.id,
        commandId: 'c0000000-0000-4000-8000-0000000000ff',
        actorKind: 'user',
        actorId: 'operator',
        actorProject: 'operations',
        actorRoles: 'admin,reader',
        occurred: isoOf(house.clock.now()),
        codeVersion: 'test',
        readableBy: '1',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        conductorGroup: '',
        hardwareType: 'fake-hardware',
      });
      for (const { metadata } of await all())
        expect(Object.values(metadata).every(value => typeof value === 'string')).toBe(true);
    });

    it('where a node that moves came from', async () => {
      house.catalog.put({ host: 'other', conductorGroup: 'rack-2', manifests: house.drivers.manifests() });
      const patch = [{ op: 'add' as const, path: '/conductor_group', value: 'rack-2' }];
      const { events } = await house.send(uuid, 'PatchNode', { patch });
      expect(events[0]!.metadata).toMatchObject({ conductorGroup: 'rack-2', previousConductorGroup: '' });
    });

    it('all events of a decision in one append', async () => {
      const calls: number[] = [];
      store.interference = { before: ({ events }) => void calls.push(events.length) };
      await house.send(uuid, 'ManageNode', {});
      const { operation } = await house.node(uuid);
      await house.send(
        uuid,
        'BeginStep',
        { conductor: 'conductor-1', operation: operation!.id, index: 0 },
        { cause: report() },
      );
      expect(calls).toEqual([1, 2]);
      const [claimed, started] = (await house.events.readStream(stream)).slice(-2) as [RecordedEvent, RecordedEvent];
      expect([claimed.type, started.type]).toEqual(['NodeClaimed', 'VerificationStepStarted']);
      expect(claimed.metadata.commandId).toBe(started.metadata.commandId);
    });

    it('the version of a type where it is not the first', async () => {
      const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', 'x-version': 3 };
      const registry = new EventRegistry([
        { ...schema, $id: 'https://example.org/c.json', 'x-event-types': ['ChassisCreated'] },
      ]);
      const chassis = new CommandHandler(
        { store, clock: house.clock, registry, codeVersion: 'test', sealOrigin: async () => undefined },
        { aggregate: chassisAggregate, context: () => ({}) },
      );
      const { events } = await chassis.handle(
        'x',
        { type: 'CreateChassis', description: null, extra: {} },
        house.cause(),
      );
      expect(events[0]!.metadata.schemaVersion).toBe('3');
      expect((await house.events.readStream(stream))[0]!.metadata.schemaVersion).toBeUndefined();
    });

    it('nothing that is not what its schema says, and nothing too large', async () => {
      const before = (await all()).length;
      await expect(setMaintenance(7 as never)).rejects.toThrow();
      await expect(
        house.send(uuid, 'AttachPort', {
          uuid: 'p',
          address: '52:54:00:00:00:01',
          attributes: { extra: { x: 'x'.repeat(70_000) } },
        }),
      ).rejects.toBeInstanceOf(EventTooLarge);
      const registry = new EventRegistry([]);
      const chassis = new CommandHandler(
        { store, clock: house.clock, registry, codeVersion: 'test', sealOrigin: async () => undefined },
        { aggregate: chassisAggregate, context: () => ({}) },
      );
      await expect(
        chassis.handle('x', { type: 'CreateChassis', description: null, extra: {} }, house.cause()),
      ).rejects.toBeInstanceOf(EventNotValid);
      expect((await all()).length).toBe(before);
    });
  });

  it('decides nothing on a stream that only a newer version can read', async () => {
    const [enrolled] = await house.events.readStream(stream);
    const newer = anEvent('n', { type: 'SomethingNew', metadata: { ...enrolled!.metadata, readableBy: '2' } });
    await house.events.append([{ stream, expected: 0, events: [newer] }]);
    for (const by of [house.nodes, house.process()])
      await expect(house.send(uuid, 'SetMaintenance', { reason: 'x' }, { by })).rejects.toMatchObject({
        code: 'node.unreadable',
      });
    await expect(setMaintenance('x', report())).rejects.toMatchObject({ code: 'node.unreadable' });
    expect((await house.node(uuid)).revision).toBe(1);
  });
});

const died = (): never => {
  throw new Error('died');
};
