import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { PostgresEventStore } from '#event-store/postgres';
import type { Duty } from '#postgres';
import { dropLeftovers, Generations, READ_CHANNEL, readersLock, schemaOf } from '#read-model/postgres';
import { Listener, openPool } from '#postgres';
import { READ_MODEL_VERSION } from '#read-model';
import { House, until } from '#testing';
import type { PostgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { failingWay, postgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import type { PostgresReadSideOptions } from './read-side.js';
import { PostgresReadSide } from './read-side.js';

const uuid = (number: number) => `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;

describe('The read side on PostgreSQL', () => {
  let server: PostgresOfSpecs;
  let url: string;
  let house: House;
  let faults: unknown[];
  let builds: number;
  let ends: (() => Promise<unknown>)[];
  beforeAll(async () => {
    server = await postgresOfSpecs();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.database();
    house = new House();
    [faults, builds, ends] = [[], 0, []];
  });
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
    await house.close();
  });

  /** What one process has of it. */
  const open = async (options: Partial<PostgresReadSideOptions> = {}): Promise<PostgresReadSide> => {
    const { events } = house;
    const store = {
      identity: events.identity,
      readStream: events.readStream.bind(events),
      readAll: events.readAll.bind(events),
      get: events.get.bind(events),
      head: events.head.bind(events),
      subscribeToAll: events.subscribeToAll.bind(events),
    };
    const on = { rebuild: () => void builds++, fault: (error: unknown) => void faults.push(error) };
    const side = await PostgresReadSide.open({ url, store, clock: house.clock, on, pollMs: 100, ...options });
    ends.push(() => side.close());
    return side;
  };
  const start = (duty: Duty): Duty => {
    duty.start();
    ends.push(() => duty.stop());
    return duty;
  };
  const everything = async ({ current }: PostgresReadSide) => ({
    nodes: await current.nodes.texts({ include_children: true }, { limit: 1_000 }),
    briefs: await current.nodes.brief({ include_children: true }, { limit: 1_000 }),
    ports: await current.ports.list({}, { limit: 1_000 }),
    work: await current.openWork.all(),
  });
  const schemas = async (): Promise<string[]> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const text = `SELECT nspname FROM pg_namespace WHERE nspname ~ '^ferrolog_read_' ORDER BY nspname`;
    const { rows } = await client.query(text);
    await client.end();
    return (rows as { nspname: string }[]).map(({ nspname }) => nspname);
  };

  it('shows every process what one of them wrote into the rows', async () => {
    const [reader, writer] = [await open(), await open()];
    start(writer.project());
    for (let number = 1; number <= 5; number++) {
      const { position } = await house.enrol(uuid(number), { name: `node-${number}` });
      await reader.reached(position);
      expect((await reader.current.nodes.byName(`node-${number}`))?.uuid).toBe(uuid(number));
    }
    expect(reader.current.position).toBe(await house.events.head());
    await until(() => reader.nodesIn('enroll') === 5, 'the counts');
    expect([reader.isUpToDate, reader.nodesIn('active', 'enroll'), faults]).toEqual([true, 5, []]);
  });

  it('follows a store that other processes write to', async () => {
    const [ours, theirs] = [await PostgresEventStore.open({ url }), await PostgresEventStore.open({ url })];
    const own = new House({ store: () => theirs });
    const store = {
      identity: ours.identity,
      readStream: ours.readStream.bind(ours),
      readAll: ours.readAll.bind(ours),
      // Houses keep their blobs with them.
      get: own.events.get.bind(own.events),
      head: ours.head.bind(ours),
      subscribeToAll: ours.subscribeToAll.bind(ours),
    };
    const side = await open({ store });
    const duty = start(side.project());
    for (let number = 1; number <= 20; number++) {
      const { position } = await own.enrol(uuid(number), { extra: { big: 'x'.repeat(3_000) } });
      await side.reached(position);
      expect((await side.current.nodes.byUuid(uuid(number)))?.text).toContain('xxx');
    }
    await duty.stop();
    await own.close();
    await ours.close();
  });

  it('keeps nobody waiting for ever, and says that it is behind until it is not', async () => {
    const reader = await open();
    const { position } = await house.enrol(uuid(1));
    expect(reader.isUpToDate).toBe(true);
    await reader.reached(position);
    expect([reader.isUpToDate, await reader.current.nodes.byUuid(uuid(1))]).toEqual([false, undefined]);
    start(reader.project());
    await reader.caughtUp();
    expect([reader.isUpToDate, (await reader.current.nodes.byUuid(uuid(1)))?.revision]).toEqual([true, 0]);
  });

  it('is written by one process at a time, and by the next one when that ends or loses its sessions', async () => {
    const sides = [await open(), await open(), await open()];
    const duties = sides.map(side => start(side.project()));
    const enrol = async (number: number) => {
      await house.enrol(uuid(number), { name: `node-${number}` });
      for (const side of sides) await side.caughtUp();
    };
    await enrol(1);
    await duties[0]!.stop();
    await enrol(2);
    await server.endSessions(url);
    await enrol(3);
    await duties[1]!.stop();
    await server.endSessions(url);
    await enrol(4);
    for (const side of sides)
      expect((await everything(side)).briefs.map(({ name }) => name)).toEqual(['node-1', 'node-2', 'node-3', 'node-4']);
    const written = await everything(sides[0]!);
    await sides[0]!.rebuild();
    expect(await everything(sides[0]!)).toEqual(written);
  });

  it('goes on when the way to the server was cut, and says so once', async () => {
    const way = await failingWay(url);
    const side = await open({ url: way.url });
    start(side.project());
    await house.enrol(uuid(1));
    await side.caughtUp();
    way.cut();
    await expect(async () => side.current.nodes.byUuid(uuid(1))).rejects.toThrow();
    const { position } = await house.enrol(uuid(2));
    await side.reached(position);
    await until(() => !side.isUpToDate, 'a word about it');
    way.mend();
    // The projector waits a second of its clock before it tries again.
    while (side.current.position < position) {
      await house.clock.advance(1_000);
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    await until(() => side.isUpToDate, 'the end of it');
    expect((await side.current.nodes.byUuid(uuid(2)))?.revision).toBe(0);
    expect(faults.length).toBeLessThanOrEqual(3);
    ends.unshift(() => way.close());
  });

  it('is built anew while it is read and written: no read fails, none goes back, and the bytes are the same', async () => {
    const [reader, writer] = [await open(), await open()];
    start(writer.project());
    for (let number = 1; number <= 30; number++) await house.enrol(uuid(number));
    await reader.caughtUp();
    let isOver = false;
    let [reads, revision] = [0, -1];
    const reading = (async () => {
      while (!isOver) {
        const row = await reader.current.nodes.byUuid(uuid(1));
        expect(row!.revision).toBeGreaterThanOrEqual(revision);
        revision = row!.revision;
        expect(await reader.current.nodes.brief({}, { limit: 100 })).toHaveLength(30);
        reads++;
      }
    })();
    const writing = (async () => {
      // Each reason is another one: what changes nothing is not written, and nobody else would have his turn.
      for (let writes = 0; !isOver; writes++) {
        const { position } = await house.send(uuid(1), 'SetMaintenance', { reason: `${writes}` });
        await writer.reached(position);
      }
    })();
    for (const side of [reader, writer, reader]) await side.rebuild();
    isOver = true;
    await Promise.all([reading, writing]);
    expect(reads).toBeGreaterThan(10);
    await Promise.all([reader, writer].map(side => side.caughtUp()));
    const written = await everything(reader);
    expect(await everything(writer)).toEqual(written);
    expect(written.nodes[0]!.revision).toBe((await house.node(uuid(1))).revision);
    expect(faults).toEqual([]);
    await reader.rebuild();
    expect(await everything(reader)).toEqual(written);

    expect(await schemas()).toHaveLength(5);
    const pool = openPool({ url, name: 'spec', connections: 1 });
    await dropLeftovers(url, await Generations.open(pool, house.events.identity), 0);
    await pool.end();
    expect(await schemas()).toEqual(['ferrolog_read_5']);
    expect(await everything(reader)).toEqual(written);
  });

  it('drops what older versions left, and not what one of them reads', async () => {
    await house.enrol(uuid(1));
    const writer = await open({ sweepMs: 50 });
    const rowsOf = async (version: number, count: number): Promise<string[]> => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const made: string[] = [];
      for (let left = count; left > 0; left--) {
        const { rows } = await client.query(
          `INSERT INTO ferrolog_read.generations (version, store_id, store_generation) VALUES ($1, 'abcdef01', 1)
           RETURNING number`,
          [version],
        );
        const { number } = rows[0] as { number: number };
        await client.query(`CREATE SCHEMA ${schemaOf(number)}; CREATE TABLE ${schemaOf(number)}.nodes ()`);
        if (left === 1) await client.query('INSERT INTO ferrolog_read.current VALUES ($1, $2)', [version, number]);
        made.push(schemaOf(number));
      }
      await client.end();
      return made;
    };
    const ours = await schemas();
    const [before, , newer] = [
      await rowsOf(READ_MODEL_VERSION - 1, 1),
      await rowsOf(READ_MODEL_VERSION - 2, 2),
      await rowsOf(READ_MODEL_VERSION + 1, 1),
    ];
    const reader = new Listener(
      { url, name: 'one of before' },
      READ_CHANNEL,
      () => undefined,
      readersLock(READ_MODEL_VERSION - 1),
    );
    ends.push(() => reader.close());
    await reader.begun;
    start(writer.project());
    while ((await schemas()).length !== 3);
    expect(await schemas()).toEqual([...ours, ...before, ...newer].sort());
    await reader.close();
    while ((await schemas()).length !== 2);
    expect(await schemas()).toEqual([...ours, ...newer].sort());
    expect((await everything(await open())).nodes).toHaveLength(1);
    expect(faults).toEqual([]);
  });

  it('is built once, by the first of those that start at once', async () => {
    for (let number = 1; number <= 3; number++) await house.enrol(uuid(number));
    const sides = await Promise.all([open(), open(), open()]);
    for (const side of sides) expect((await everything(side)).nodes).toHaveLength(3);
    expect(await schemas()).toHaveLength(1);
    const later = await open();
    expect((await everything(later)).nodes).toHaveLength(3);
    expect(builds).toBeLessThanOrEqual(3);
    expect(await schemas()).toHaveLength(1);
  });

  it('is built anew where the events are others: a backup was put back', async () => {
    await house.enrol(uuid(1));
    await open();
    const { identity } = house.events;
    await house.close();
    house = new House();
    await house.enrol(uuid(2));
    (house.events as { identity: object }).identity = { ...identity };
    let generations = 1;
    const side = await open({
      beginGeneration: () => void ((house.events.identity as { generation: number }).generation = ++generations),
    });
    expect([builds, generations, (await everything(side)).nodes.map(node => node.uuid)]).toEqual([2, 2, [uuid(2)]]);
  });
});
