import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { EventStore, RecordedEvent } from '#domain';
import { BlobMissing, InvalidAppend, OutcomeUnknown, StoreUnavailable, WrongExpectedRevision } from '#domain';
import { anEvent, plain, StandInProcess, until } from '#testing';
import { binaryEvent, jsonEvent, KurrentDBClient } from '@kurrent/kurrentdb-client';
import { KurrentDbEventStore } from './kurrentdb-event-store.js';
import { PositionUnknown } from './reading.js';

// What a real server does not do when it is asked to: always against the stand-in.

/** Short enough that a test can wait for a call to be given up. */
const impatient = { clock: Date, deadlineMs: 700, patienceMs: 2_500 };

describe('A store on KurrentDB', () => {
  let standIn: StandInProcess;
  let store: KurrentDbEventStore;
  let stream = '';

  beforeAll(async () => {
    standIn = await StandInProcess.start();
  });
  beforeEach(async () => {
    stream = `node-${randomUUID()}`;
    store = await KurrentDbEventStore.connect({ connectionString: standIn.connectionString, ...impatient });
  });
  afterEach(async () => {
    await standIn.clear();
    await store.close();
  });
  afterAll(() => standIn.dispose());

  const append = (expected: number | 'no stream', ...ids: string[]) =>
    store.append([{ stream, expected, events: ids.map(id => anEvent(id)) }]);
  const ids = async () => (await store.readStream(stream)).map(({ id }) => id);

  it('refuses a stale revision, and writes nothing', async () => {
    await append('no stream', '1', '2', '3');
    for (const stale of ['no stream', 0, 1, 3] as const) {
      const stealing = append(stale, 'x');
      await expect(stealing).rejects.toBeInstanceOf(WrongExpectedRevision);
      await expect(stealing).rejects.toMatchObject({ stream, expected: stale, actual: 2 });
    }
    expect(await ids()).toEqual(['1', '2', '3']);
    expect(store.counters.conflicts).toBe(4);
  });

  for (const stored of [true, false])
    for (const answer of ['timeout', 'reset', 'none'])
      it(`finds out what became of an append that was ${stored ? '' : 'not '}stored when the answer is lost (${answer})`, async () => {
        await append('no stream', '1');
        await standIn.inject({ kind: 'outcome-unknown', stored, answer, stream });
        const events = await append(0, '2', '3');
        expect(await ids()).toEqual(['1', '2', '3']);
        expect(events.map(plain)).toEqual((await store.readStream(stream, 1)).map(plain));
        expect(store.counters.repeats).toBeGreaterThan(0);
      });

  for (const stored of [true, false])
    it(`says that it does not know, and takes the identical call later (${stored ? 'stored' : 'not stored'})`, async () => {
      await standIn.inject({ kind: 'outcome-unknown', stored, answer: 'timeout', stream, times: 1_000 });
      await expect(append('no stream', '1')).rejects.toBeInstanceOf(OutcomeUnknown);
      await standIn.clear();
      const [event] = await append('no stream', '1');
      expect((await store.readStream(stream)).map(plain)).toEqual([plain(event!)]);
    });

  it('says so where one stream of several was written and the next was not', async () => {
    const second = `${stream}-second`;
    const call = [stream, second].map(stream => ({ stream, expected: 'no stream' as const, events: [anEvent('1')] }));
    await standIn.inject({ kind: 'outcome-unknown', stored: false, answer: 'timeout', stream: second, times: 1_000 });
    await expect(store.append(call)).rejects.toBeInstanceOf(OutcomeUnknown);
    await standIn.clear();
    expect(await store.append(call)).toHaveLength(2);
    expect(await store.readStream(stream)).toHaveLength(1);
  });

  it('waits while there is no leader, and goes on with the next one', async () => {
    await standIn.inject({ kind: 'not-ready', times: 3 });
    await append('no stream', '1');
    await standIn.inject({ kind: 'not-leader', leader: { host: '127.0.0.1', port: standIn.port }, times: 2 });
    expect(await ids()).toEqual(['1']);
    expect(store.health).toMatchObject({ reads: 'up', appends: 'up' });
  });

  it('says that nothing was written when it may not write, and which right is missing', async () => {
    await standIn.inject({ kind: 'read-only' });
    const refused = append('no stream', '1');
    await expect(refused).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(refused).rejects.toThrow(/denies access/);
    expect(store.health.appends).toBe('down');
    expect(await ids()).toEqual([]);
  });

  it('gives up a hung server in time, and uses it again when it is back', async () => {
    await append('no stream', '1');
    await standIn.inject({ kind: 'hung' });
    const [read, appended] = await Promise.allSettled([store.head(), append(0, '2')]);
    expect(read).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
    expect(appended).toMatchObject({ status: 'rejected', reason: expect.any(OutcomeUnknown) });
    expect(store.health).toMatchObject({ reads: 'down', appends: 'down' });
    await standIn.clear();
    await untilItWorks(() => append(0, '2'));
    expect(await ids()).toEqual(['1', '2']);
  });

  it('says that nothing was written when nobody is there', async () => {
    await standIn.kill();
    const asked = await Promise.allSettled([append('no stream', '1'), store.head(), store.put(Buffer.from('x'))]);
    for (const { status, reason } of asked as PromiseRejectedResult[])
      expect({ status, reason }).toEqual({ status: 'rejected', reason: expect.any(StoreUnavailable) });
    await standIn.begin();
    await untilItWorks(() => append('no stream', '1'));
    expect(await ids()).toEqual(['1']);
  });

  describe('and its followers', () => {
    const following = (store: EventStore, after: number) => {
      const end = new AbortController();
      const seen: RecordedEvent[] = [];
      let timesAtHead = 0;
      const read = async () => {
        const options = { filter: { streams: [stream] }, signal: end.signal };
        for await (const { events, atHead } of store.subscribeToAll(after, options)) {
          seen.push(...events);
          if (atHead) timesAtHead++;
        }
      };
      const done = read();
      const stop = async () => {
        end.abort();
        await done;
      };
      const sees = (count: number) => until(() => seen.length >= count, `${count} events`, 15_000);
      const ids = () => seen.map(({ id }) => id);
      return { seen, ids, sees, stop, atHead: () => until(() => timesAtHead > 0, 'the head') };
    };

    it('go on when the server drops the subscription as too slow', async () => {
      const follower = following(store, await store.head());
      await follower.atHead();
      for (const revision of [0, 1, 2, 3, 4]) {
        await standIn.inject({ kind: 'slow-consumer', afterEvents: revision % 2 });
        await append(revision === 0 ? 'no stream' : revision - 1, String(revision));
      }
      await follower.sees(5);
      await append(4, '5', '6');
      await follower.sees(7);
      expect(follower.ids()).toEqual(['0', '1', '2', '3', '4', '5', '6']);
      expect(store.counters.subscriptionsLost).toBeGreaterThan(0);
      await follower.stop();
    });

    it('go on over restarts of the server, those at the head and those on their way', async () => {
      const after = await store.head();
      await append('no stream', '0');
      const follower = following(store, after);
      await follower.atHead();
      for (const revision of [0, 1, 2]) {
        await standIn.kill();
        const late = following(store, after);
        await standIn.begin();
        await untilItWorks(() => append(revision, String(revision + 1)));
        await late.sees(revision + 2);
        expect(late.ids()).toEqual(['0', '1', '2', '3'].slice(0, revision + 2));
        await late.stop();
      }
      await follower.sees(4);
      expect(follower.seen.map(plain)).toEqual((await store.readStream(stream)).map(plain));
      await follower.stop();
    });

    it('end at once when they are aborted while the server hangs', async () => {
      const follower = following(store, 0);
      await standIn.inject({ kind: 'hung' });
      const late = following(store, 0);
      await Promise.all([follower.stop(), late.stop()]);
      expect(late.seen).toEqual([]);
    });
  });

  it('moves to another node of the cluster when the leader is lost', async () => {
    const next = await freePort();
    const connectionString = `kurrentdb://127.0.0.1:${standIn.port},127.0.0.1:${next}?tls=false&discoveryInterval=20`;
    const clustered = await KurrentDbEventStore.connect({ connectionString, clock: Date, deadlineMs: 2_000 });
    const seen: string[] = [];
    const end = new AbortController();
    const options = { filter: { streams: [stream] }, signal: end.signal };
    const follow = async () => {
      for await (const { events } of clustered.subscribeToAll(0, options)) seen.push(...events.map(({ id }) => id));
    };
    const following = follow();
    const before = standIn.port;
    for (let revision = -1; revision < 20; revision++) {
      if (revision === 9) {
        await standIn.kill();
        void standIn.begin(next);
      }
      const expected = revision < 0 ? 'no stream' : revision;
      await clustered.append([{ stream, expected, events: [anEvent(String(revision + 1))] }]);
    }
    expect(await clustered.readStream(stream)).toHaveLength(21);
    await until(() => seen.length >= 21, 'all events');
    expect(seen).toEqual(Array.from({ length: 21 }, (_, index) => String(index)));
    expect(clustered.counters.clientsReplaced).toBeGreaterThan(0);
    end.abort();
    await following;
    await clustered.close();
    await standIn.kill();
    await standIn.begin(before);
  }, 40_000);

  it('knows a place where no event stands, and keeps its client', async () => {
    await append('no stream', '1', '2');
    const [, { position }] = (await store.readStream(stream)) as [RecordedEvent, RecordedEvent];
    await expect(store.readAll(position - 2, 10)).rejects.toBeInstanceOf(PositionUnknown);
    const follow = async () => {
      for await (const _page of store.subscribeToAll(position - 2)) return;
    };
    await expect(follow()).rejects.toBeInstanceOf(PositionUnknown);
    // Whoever looks for the event at a position asks from the number before it.
    expect((await store.readAll(position - 1, 1)).events.map(event => event.position)).toEqual([position]);
  });

  it('shows neither what the server keeps for itself nor what lives beside the events', async () => {
    const after = await store.head();
    const client = KurrentDBClient.connectionString(standIn.connectionString);
    for (const foreign of ['$mine', `run-${stream}`, `${stream}-foreign`])
      await client.appendToStream(foreign, jsonEvent({ type: 'Foreign', data: { foreign } }), { streamState: 'any' });
    await store.put(Buffer.from(stream));
    await append('no stream', '1');
    const { events } = await store.readAll(after, 100);
    expect(events.map(event => event.stream)).toEqual([`${stream}-foreign`, stream]);
    expect(events[0]).toMatchObject({ type: 'Foreign', metadata: {}, recorded: expect.stringMatching(/\.000Z$/) });
    for (const streams of [['$'], ['run-'], ['blob-'], ['ferrolog-store']])
      expect((await store.readAll(after, 100, { streams })).events).toEqual([]);
    expect((await store.readAll(after, 100, { types: ['BlobChunk', 'Foreign'] })).events).toHaveLength(1);
    for (const reserved of ['$mine', 'run-1', 'blob-1', 'ferrolog-store']) {
      const appending = store.append([{ stream: reserved, expected: 'no stream', events: [anEvent('1')] }]);
      await expect(appending).rejects.toBeInstanceOf(InvalidAppend);
    }
    await client.dispose();
  });

  it('does not give a blob whose content is not what its name says', async () => {
    const client = KurrentDBClient.connectionString(standIn.connectionString);
    const reference = await store.put(Buffer.from(`whole ${stream}`));
    const wrong = { $blob: 'f'.repeat(64), sizeBytes: 5 };
    const chunk = binaryEvent({ type: 'BlobChunk', data: Buffer.from('wrong') });
    await client.appendToStream(`blob-${wrong.$blob}`, chunk, { streamState: 'any' });
    await expect(store.get(wrong)).rejects.toThrow(/damaged/);
    await expect(store.get({ ...reference, sizeBytes: 5_000_000 })).rejects.toBeInstanceOf(BlobMissing);
    await client.dispose();
  });

  it('begins a generation, which every later connection knows', async () => {
    const { storeId, generation } = store.identity;
    await store.beginGeneration();
    expect(store.identity).toEqual({ storeId, generation: generation + 1 });
    const other = await KurrentDbEventStore.connect({ connectionString: standIn.connectionString, clock: Date });
    expect(other.identity).toEqual(store.identity);
    await other.close();
  });

  it('says nothing of the password when it is refused', async () => {
    const guarded = await StandInProcess.start('--credentials', 'admin:right');
    const connectionString = guarded.connectionString.replace('//', '//admin:wr%C3%B6ng-secret@');
    const connecting = KurrentDbEventStore.connect({ connectionString, ...impatient });
    await expect(connecting).rejects.toBeInstanceOf(StoreUnavailable);
    const error = (await connecting.catch((error: unknown) => error)) as Error;
    expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toMatch(/secret/);
    await guarded.dispose();
  });
});

/** As its callers do: identical, until it is known. */
const untilItWorks = async (call: () => Promise<unknown>): Promise<void> => {
  for (let tries = 0; ; tries++) {
    try {
      return void (await call());
    } catch (error) {
      if (tries === 5 || !(error instanceof OutcomeUnknown || error instanceof StoreUnavailable)) throw error;
    }
  }
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};
