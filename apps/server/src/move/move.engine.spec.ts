import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BlobStore, EventStore, NewEvent, RecordedEvent, Sealed } from '#domain';
import { isoOf, storeOf } from '#domain';
import type { ImportTarget } from '#event-store/kurrentdb';
import { KurrentDbEventStore, KurrentDbImport } from '#event-store/kurrentdb';
import { PostgresEventStore, PostgresImport, StoreCannotBeOpened } from '#event-store/postgres';
import { SqliteEventStore } from '#event-store/sqlite';
import { ERASED, readOrCreateMasterKey, Sealer, SqliteKeyStore } from '#secrets';
import { PostgresKeyStore } from '#secrets/postgres';
import { SqliteWebhookPlaces } from '#telemetry';
import { PostgresWebhookPlaces } from '#telemetry/postgres';
import type { TemporaryFolder } from '#testing';
import { anEvent, plain, StandInProcess, temporaryFolder, withUpcasters } from '#testing';
import type { PostgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { postgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { takeDataDirectory } from '../data-directory.js';
import type { MoveOptions } from './move.js';
import { moveToEngines } from './move.js';

const CANARY = 'canary-5up3rs3cr3t';
const BIG = `${CANARY}${'z'.repeat(700_000)}`;
const START = 1_700_000_000_000;
const cli = join(import.meta.dirname, '../../../../../apps/cli/bin/ferrolog');

let postgres: PostgresOfSpecs;
beforeAll(async () => void (postgres = await postgresOfSpecs()), 60_000);
afterAll(() => postgres.stop(), 60_000);

type Served = EventStore & BlobStore;

interface Engine {
  readonly name: string;
  /** An empty store, and how it is taken away. */
  make(): Promise<{ readonly to: string; dispose(): Promise<void> }>;
  serve(to: string): Promise<Served>;
  import(to: string): Promise<ImportTarget>;
  /** Takes seconds to be copied, so that there is a middle to be killed in. */
  readonly manyEvents: number;
}

const engines: Engine[] = [
  {
    name: 'PostgreSQL',
    make: async () => ({ to: await postgres.database(), dispose: () => Promise.resolve() }),
    serve: url => PostgresEventStore.open({ url }),
    import: url => PostgresImport.open({ url }),
    manyEvents: 60_000,
  },
  {
    name: 'KurrentDB',
    make: async () => {
      const standIn = await StandInProcess.start();
      return { to: standIn.connectionString, dispose: () => standIn.dispose() };
    },
    serve: connectionString => KurrentDbEventStore.connect({ connectionString, clock: Date }),
    import: connectionString => KurrentDbImport.connect({ connectionString }),
    manyEvents: 3_000,
  },
];

describe.each(engines)('A data folder that is moved to $name', engine => {
  let folder: TemporaryFolder;
  let to: string;
  let keysTo: string;
  let dispose: () => Promise<void>;
  const opened: { close(): Promise<void> }[] = [];
  beforeEach(async () => {
    folder = temporaryFolder();
    ({ to, dispose } = await engine.make());
    keysTo = await postgres.database();
  }, 30_000);
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(one => one.close()));
    await dispose();
    folder.remove();
  }, 30_000);

  const kept = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  const serve = async () => kept(await engine.serve(to));
  const move = (options: Partial<MoveOptions> = {}) =>
    moveToEngines({ from: folder.path, to, keysTo, progress: () => undefined, ...options });
  const masterKey = () => readOrCreateMasterKey(folder.file('master.key'));

  /** Many streams that grow by turns, events of some instants apart, secrets small and big, and one that was erased. */
  const fill = async (turns = 40, path = folder.path) => {
    const directory = takeDataDirectory(path);
    let now = START;
    const store = new SqliteEventStore({ path: directory.events, clock: { now: () => now } });
    const keys = new SqliteKeyStore(directory.keys, readOrCreateMasterKey(join(path, 'master.key')));
    const sealer = new Sealer(keys, store);
    const sealed = {
      small: await sealer.seal('node/1/0', CANARY),
      big: await sealer.seal('node/2/0', BIG),
      erased: await sealer.seal('node/3/0', CANARY),
    };
    await append(store, 'secrets', -1, [
      anEvent('not-a-uuid', { data: { ...sealed, '10': 'ten', '9': 'nine', odd: '\u0000\u001f"\\ äöü 🦫' } }),
    ]);
    for (let turn = 0; turn < turns; turn++) {
      now += 1_337;
      const event = (index: number) => anEvent(`${turn}-${index}`, { data: { turn, nothing: null, n: 1e21 } });
      const stream = `node-${turn % 7}`;
      const appending = append(store, stream, 2 * Math.floor(turn / 7) - 1, [event(0), event(1)]);
      if (turn % 3 === 0) await append(store, 'request-of-all', turn / 3 - 1, [event(2)]);
      await appending;
    }
    await keys.erase('node/3/0');
    keys.checkpoint.set(20);
    const { identity } = store;
    await keys.close();
    await store.close();
    directory.release();
    return { sealed, identity, last: now };
  };
  const append = (store: EventStore, stream: string, revision: number, events: NewEvent[]) =>
    store.append([{ stream, expected: revision < 0 ? 'no stream' : revision, events }]);
  /** Those that are asked for at once share commits. */
  const grow = async (store: EventStore, streams: number) => {
    for (let done = 0; done < streams; done += 1_000)
      await Promise.all(
        Array.from({ length: 1_000 }, (_, index) =>
          append(store, `more-${done + index}`, -1, [anEvent(`${done}+${index}`)]),
        ),
      );
  };
  const all = async (store: EventStore) => (await store.readAll(0, Number.MAX_SAFE_INTEGER)).events;
  const apartFromPosition = (event: RecordedEvent) => ({ ...plain(event), position: 0 });
  const ofFolder = async <T>(ask: (store: SqliteEventStore) => Promise<T>): Promise<T> => {
    const store = new SqliteEventStore({ path: folder.file('events.sqlite'), clock: Date });
    return ask(store).finally(() => store.close());
  };

  it('keeps every event, its order, and when it was recorded', async () => {
    const { identity } = await fill();
    const before = (await ofFolder(all)).map(apartFromPosition);
    const moved = await move();
    expect(moved).toMatchObject({ from: identity.storeId, events: before.length, copied: before.length, since: 0 });
    const store = await serve();
    const after = await all(store);
    expect(after.map(apartFromPosition)).toEqual(before);
    expect(after.every(({ position }, index) => position > (after[index - 1]?.position ?? 0))).toBe(true);
    expect(store.identity).toMatchObject({ storeId: moved.storeId, movedFrom: { storeId: identity.storeId } });
    expect(moved.storeId).not.toBe(identity.storeId);
    expect((await append(store, 'node-0', 11, [anEvent('new')]))[0]).toMatchObject({ revision: 12 });
  });

  it('copies events as they were written, when their types have come to new versions since', async () => {
    await fill(5);
    await withUpcasters({ Tested: [() => ({ changed: true })] }, () => move());
    const [first] = await all(await serve());
    expect(first!.data).toHaveProperty('small');
    expect(first!.metadata.schemaVersion).toBeUndefined();
  });

  it('answers what was at an instant as it did before', async () => {
    const { last } = await fill();
    const instants = [START - 1, START, START + 1_336, START + 1_337, START + 20_000, last, last + 99_999].map(isoOf);
    const countsAt = async (store: EventStore) => {
      const events = await all(store);
      const positions = await Promise.all(instants.map(instant => store.positionAt(instant)));
      return positions.map(upTo => events.filter(({ position }) => position <= upTo).length);
    };
    const before = await ofFolder(countsAt);
    expect(new Set(before).size).toBe(5);
    await move();
    expect(await countsAt(await serve())).toEqual(before);
  });

  it('opens what was sealed, and not what was erased', async () => {
    const { sealed } = await fill(3);
    expect(await move()).toMatchObject({ blobs: 1, keys: 2 });
    const store = await serve();
    const keys = kept(await PostgresKeyStore.open({ url: keysTo, master: masterKey() }));
    const [{ data }] = (await store.readStream('secrets')) as [RecordedEvent<string, Record<string, Sealed>>];
    expect(data).toMatchObject(sealed);
    const sealer = new Sealer(keys, store);
    expect(await sealer.open(data.small!)).toBe(CANARY);
    expect(await sealer.open(data.big!)).toBe(BIG);
    expect(await sealer.open(data.erased!)).toBe(ERASED);
  });

  it('has the eraser of keys go on after the same event', async () => {
    await fill();
    const at = (events: readonly RecordedEvent[], position: number) =>
      events.findIndex(event => event.position === position);
    const before = at(await ofFolder(all), 20);
    await move();
    const keys = kept(await PostgresKeyStore.open({ url: keysTo, master: masterKey() }));
    expect(at(await all(await serve()), await keys.checkpoint.get())).toBe(before);
  });

  it('has every webhook go on after the same event, also one that was not served yet', async () => {
    const { identity } = await fill();
    const uuidOf = (digit: number) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`;
    const [served, replayed, fresh, deleted] = [1, 2, 3, 4].map(uuidOf) as [string, string, string, string];
    const failing = { since: 1, event: 12, eventSince: 2, reason: 'no' };
    await ofFolder(async store => {
      const filter = { node: [], type: [], stream: [] };
      const data = { url: 'https://receiver.example/', filter, secret: { $sealed: 'k.s' }, enabled: true };
      const created = (uuid: string, from: number) =>
        append(store, `webhook-${uuid}`, -1, [
          anEvent(`created-${uuid}`, { type: 'WebhookCreated', data: { uuid, ...data, from } }),
        ]);
      for (const uuid of [served, replayed, deleted]) await created(uuid, 3);
      await created(fresh, 17);
      const then = (uuid: string, type: string, data: object) =>
        append(store, `webhook-${uuid}`, 0, [anEvent(`${type}-${uuid}`, { type, data })]);
      await then(replayed, 'WebhookReplayRequested', { from: 8 });
      await then(deleted, 'WebhookDeleted', { erases: [] });
    });
    const before = new SqliteWebhookPlaces(folder.file('webhooks.sqlite'), identity);
    before.find([served, replayed, deleted], 30);
    before.keep(served, { fromRevision: 0, position: 11, failing });
    before.keep(replayed, { fromRevision: 0, position: 40 });
    before.close();
    await move();

    const store = await serve();
    const events = await all(store);
    const at = (position: number) => events.findIndex(event => event.position === position) + 1;
    const places = kept(await PostgresWebhookPlaces.open(keysTo, () => store.identity));
    const placeOf = async (uuid: string) => {
      const place = (await places.place(uuid))!;
      return { ...place, position: at(place.position) };
    };
    const { uuids, position } = await places.found();
    expect([uuids, at(position)]).toEqual([[served, replayed, fresh], events.length]);
    const { event } = (await places.place(served))!.failing!;
    expect(await placeOf(served)).toEqual({ fromRevision: 0, position: 11, failing: { ...failing, event } });
    expect(at(event)).toBe(12);
    expect(await placeOf(replayed)).toEqual({ fromRevision: 1, position: 8 });
    expect(await placeOf(fresh)).toEqual({ fromRevision: 0, position: 17 });
    expect(await places.place(deleted)).toBeUndefined();
    await places.keep(fresh, { fromRevision: 0, position });
    await move();
    expect(await placeOf(fresh)).toEqual({ fromRevision: 0, position: events.length });
  });

  it('says of every event of which store the positions are that it tells of', async () => {
    const { identity } = await fill(5);
    const before = await ofFolder(all);
    await move();
    const store = await serve();
    const { storeId, generation } = identity;
    // Either it is another store's, or the same number means the same event.
    (await all(store)).forEach(({ position }, index) => {
      const told = storeOf(store.identity, position);
      if (told === store.identity) expect(position).toBe(before[index]!.position);
      else expect(told).toMatchObject({ storeId, generation });
    });
    const [since] = await append(store, 'node-new', -1, [anEvent('new')]);
    expect(storeOf(store.identity, since!.position)).toBe(store.identity);
  });

  it('is only compared once it is there, and a server may have gone on since', async () => {
    await fill();
    const { events, digest } = await move();
    expect(await move()).toMatchObject({ copied: 0, events, digest, since: 0 });
    const store = await serve();
    await append(store, 'node-new', -1, [anEvent('new')]);
    expect(await move({ verifyOnly: true })).toMatchObject({ copied: 0, events, digest, since: 1 });
    expect(await move()).toMatchObject({ copied: 0, since: 1 });
  });

  it('can be asked for nothing but a comparison, which writes nothing', async () => {
    await fill(3);
    await expect(move({ verifyOnly: true })).rejects.toThrow('Nothing was moved there');
    expect(await all(await serve())).toEqual([]);
  });

  it('is not mixed with other events', async () => {
    await fill(3);
    const store = await serve();
    await append(store, 'foreign', -1, [anEvent('foreign')]);
    await expect(move()).rejects.toThrow('holds other events already, the newest one in the stream foreign');
    expect((await all(store)).length).toBe(1);
  });

  it('is not mixed with another data folder', async () => {
    await fill(3);
    await move();
    const other = temporaryFolder();
    await fill(3, other.path);
    await expect(move({ from: other.path, keysTo: await postgres.database() })).rejects.toThrow('another data folder');
    other.remove();
  });

  it('is not mixed with the keys of others', async () => {
    await fill(3);
    const keys = kept(await PostgresKeyStore.open({ url: keysTo, master: masterKey() }));
    await keys.obtain('node/of-others/0');
    await expect(move()).rejects.toThrow('keys that the data folder does not hold (1)');
    expect(await all(await serve())).toEqual([]);
  });

  it('is refused while a server runs on it', async () => {
    await fill(3);
    const directory = takeDataDirectory(folder.path);
    await expect(move()).rejects.toThrow('Another Ferrolog is running');
    directory.release();
  });

  it('is told apart from what is only nearly the same', async () => {
    await fill();
    await move();
    const database = new Database(folder.file('events.sqlite'));
    database.exec('UPDATE events SET recorded = recorded + 1 WHERE position = 17');
    database.close();
    await expect(move({ verifyOnly: true })).rejects.toThrow(
      /does not hold the same: event \d+ of the stream \S+ diff/,
    );
  });

  it('goes on where it was killed, and is not served before all is there', async () => {
    await fill();
    await ofFolder(store => grow(store, engine.manyEvents));
    const events = (await ofFolder(all)).length;
    const args = ['migrate', '--from', `sqlite:${folder.path}`, '--to', to, '--keys-to', keysTo];
    const first = start(args);
    const target = kept(await engine.import(to));
    while (!(await target.newest())) expect(first.child.exitCode).toBeNull();
    first.child.kill('SIGKILL');
    expect(await first.ended).toBeNull();
    expect(await target.origin()).toMatchObject({ isComplete: false });
    await expect(engine.serve(to)).rejects.toBeInstanceOf(StoreCannotBeOpened);

    const second = start([...args, '--json']);
    expect([await second.ended, second.said.err]).toEqual([0, expect.stringContaining(`verified: ${events} of`)]);
    const moved = JSON.parse(second.said.out) as { copied: number; events: number; since: number };
    expect(moved).toMatchObject({ events, since: 0 });
    expect(moved.copied).toBeGreaterThan(0);
    expect(moved.copied).toBeLessThan(events);
    expect((await all(await serve())).length).toBe(events);

    const third = start([...args, '--verify-only']);
    expect(await third.ended).toBe(0);
    expect(third.said.out).toMatch(
      /Both sides hold the same \d+ events, 1 blobs and 2 keys\. SHA-256 .* [0-9a-f]{64}$/m,
    );
    const password = new URL(keysTo).password;
    for (const { said } of [first, second, third])
      for (const secret of [CANARY, password]) expect(said.out + said.err).not.toContain(secret);
  }, 120_000);
});

const start = (args: readonly string[]) => {
  const child = spawn(cli, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', text => (said.out += String(text)));
  child.stderr.on('data', text => (said.err += String(text)));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, said, ended };
};
