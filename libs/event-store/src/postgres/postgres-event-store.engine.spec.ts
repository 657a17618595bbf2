import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { inspect } from 'node:util';
import pg from 'pg';
import type { EventStore, RecordedEvent } from '#domain';
import { InvalidAppend, msOf, OutcomeUnknown, StoreUnavailable, WrongExpectedRevision } from '#domain';
import { openPool } from '#postgres';
import { anEvent, dyingWriter, plain, turn, until } from '#testing';
import type { FailingWay, PostgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { failingWay, postgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { eventStoreContract } from '../contract.js';
import { StoreCannotBeOpened } from '../sqlite/database.js';
import type { PostgresEventStoreOptions } from './postgres-event-store.js';
import { PostgresEventStore } from './postgres-event-store.js';

let postgres: PostgresOfSpecs;
beforeAll(async () => void (postgres = await postgresOfSpecs()), 60_000);
afterAll(() => postgres.stop(), 60_000);

eventStoreContract(
  'The PostgreSQL event store',
  async () => {
    const url = await postgres.database();
    let store = await PostgresEventStore.open({ url });
    return {
      store,
      reopen: async () => {
        await store.close();
        return (store = await PostgresEventStore.open({ url }));
      },
      dispose: () => store.close(),
    };
  },
  30_000,
);

describe('The PostgreSQL event store', () => {
  let url: string;
  let store: PostgresEventStore;
  let admin: pg.Client;
  const opened: PostgresEventStore[] = [];
  const open = async (options: Partial<PostgresEventStoreOptions> = {}) => {
    const made = await PostgresEventStore.open({ url, ...options });
    opened.push(made);
    return made;
  };
  beforeEach(async () => {
    url = await postgres.database();
    store = await open();
    admin = await connected(url);
  }, 30_000);
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(each => each.close()));
    await admin.end().catch(() => undefined);
  }, 30_000);

  const append = (stream: string, ...ids: string[]) => appendTo(store, stream, ...ids);
  const appendTo = (to: EventStore, stream: string, ...ids: string[]) =>
    to.append([{ stream, expected: 'no stream', events: ids.map(id => anEvent(id)) }]);
  const ids = async (of: EventStore = store) => (await of.readAll(0, 1_000)).events.map(({ id }) => id);

  /** Reads from the beginning until it is stopped. */
  const reader = (of: EventStore) => {
    const end = new AbortController();
    const seen: RecordedEvent[] = [];
    const state = { seen, timesAtHead: 0, stop: () => (end.abort(), state.done), done: Promise.resolve() };
    state.done = (async () => {
      for await (const page of of.subscribeToAll(0, { signal: end.signal })) {
        seen.push(...page.events);
        if (page.atHead) state.timesAtHead++;
      }
    })();
    return state;
  };
  const idsOf = (events: readonly RecordedEvent[]) => events.map(({ id }) => id);

  describe('shares transactions', () => {
    /** Every row says which transaction wrote it. */
    const transactions = async () => {
      const { rows } = await admin.query('SELECT xmin::text AS by FROM ferrolog_events.events ORDER BY position');
      return new Set((rows as { by: string }[]).map(({ by }) => by)).size;
    };

    it('among all that is asked for in a turn', async () => {
      await Promise.all(Array.from({ length: 100 }, (_, index) => append(`s${index}`, `${index}`)));
      expect(await transactions()).toBe(1);
    });

    it('and one that is refused does the others no harm', async () => {
      await append('b', 'first');
      const tooLongForTheIndex = Array.from({ length: 10_000 }, (_, index) => (index * 7919).toString(36)).join('');
      const outcomes = await Promise.allSettled([
        append('a', '1'),
        append('b', '2'),
        store.append([
          { stream: 'c', expected: 'no stream', events: [anEvent('3')] },
          { stream: 'b', expected: 5, events: [anEvent('4')] },
        ]),
        append('with\0nul', '5'),
        append('half a \ud83d pair', '6'),
        append(tooLongForTheIndex, '7'),
        append('b', 'first'),
        append('e', '8'),
      ]);
      expect(outcomes.map(outcome => (outcome.status === 'rejected' ? outcome.reason.constructor : 'taken'))).toEqual([
        'taken', WrongExpectedRevision, WrongExpectedRevision, InvalidAppend, InvalidAppend, InvalidAppend, 'taken', 'taken',
      ]); // prettier-ignore
      expect(await ids()).toEqual(['first', '1', '8']);
    });
  });

  describe('with a transaction that stays open', () => {
    const begin = async (session: pg.Client, stream: string) => {
      await session.query('BEGIN');
      await session.query(`SELECT ferrolog_events.append($1, '{-1}', $1, '{0}', $1, '{Tested}', '{}', '{}')`, [
        [stream],
      ]);
    };

    for (const end of ['COMMIT', 'ROLLBACK'])
      it(`lets no reader pass by it, whether it ends in ${end}`, async () => {
        await append('before', 'before');
        const other = await open();
        const following = reader(other);
        await until(() => following.timesAtHead > 0, 'the head');
        await begin(admin, 'paused');
        const later = ['later-1', 'later-2', 'later-3'].map(id => append(id, id));
        // The three wait for the row that the open transaction holds.
        const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
        while ((await admin.query(waiting)).rowCount === 0) await turn();
        expect(await ids(other)).toEqual(['before']);
        expect(await other.head()).toBe(1);
        await admin.query(end);
        await Promise.all(later);
        const all = await ids();
        expect(all).toEqual(['before', ...(end === 'COMMIT' ? ['paused'] : []), 'later-1', 'later-2', 'later-3']);
        await until(() => following.seen.length >= all.length, 'everything');
        expect(idsOf(following.seen)).toEqual(all);
        expect(following.seen.map(({ position }) => position)).toEqual(all.map((_, index) => index + 1));
        await following.stop();
      }, 30_000);
  });

  describe('with several processes', () => {
    it('has one order for all, and leaves nothing out', async () => {
      const stores = [store, await open(), await open()];
      const readers = stores.map(reader);
      const write = async (to: EventStore, writer: string) => {
        for (let count = 0; count < 40; count++)
          await Promise.all(
            [0, 1, 2].map(each => appendTo(to, `${writer}-${count}-${each}`, `${writer}-${count}-${each}`)),
          );
      };
      await Promise.all(stores.map((each, index) => write(each, `writer${index}`)));
      for (const each of readers) await until(() => each.seen.length >= 360, 'everything', 20_000);
      const [whole] = readers.map(({ seen }) => seen.map(plain));
      expect(new Set(whole!.map(({ id }) => id)).size).toBe(360);
      expect(whole!.map(({ position }) => position)).toEqual(whole!.map((_, index) => index + 1));
      for (const each of readers) expect(each.seen.map(plain)).toEqual(whole);
      await Promise.all(readers.map(each => each.stop()));
    }, 60_000);

    it('lets one of those that race have a revision', async () => {
      const stores = [store, await open(), await open()];
      for (let round = 0; round < 20; round++) {
        const outcomes = await Promise.allSettled(
          stores.map((each, index) => appendTo(each, `raced-${round}`, `${index}`)),
        );
        const lost = outcomes.filter(outcome => outcome.status === 'rejected');
        expect(lost.map(({ reason }) => (reason as Error).constructor)).toEqual([
          WrongExpectedRevision,
          WrongExpectedRevision,
        ]);
      }
      expect(await store.head()).toBe(20);
    }, 30_000);

    it('hears at once of what others write', async () => {
      const following = reader(await open({ pollMs: 3_600_000 }));
      await until(() => following.timesAtHead > 0, 'the head');
      await append('a', '1');
      await until(() => following.seen.length === 1, 'the event');
      await following.stop();
    });

    it('sees it without having been told, too', async () => {
      const following = reader(await open({ pollMs: 20 }));
      await until(() => following.timesAtHead > 0, 'the head');
      await admin.query(`
        BEGIN;
        UPDATE ferrolog_events.log SET position = 1;
        INSERT INTO ferrolog_events.events VALUES (1, 'a', 0, 'untold', 'Tested', 0, '{}', '{}');
        COMMIT`);
      await until(() => following.seen.length === 1, 'the event');
      await following.stop();
    });

    it('loses nothing that it had acknowledged when it is killed, and keeps appends whole', async () => {
      const told: string[] = [];
      for (const [run, appends] of [1, 40, 200].entries()) {
        const child = spawn(process.execPath, [dyingWriter, url, `run${run}`], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const ended = once(child, 'close');
        let count = 0;
        for await (const line of createInterface({ input: child.stdout })) {
          told.push(line);
          if (++count === appends) child.kill('SIGKILL');
        }
        await ended;
      }
      for (const line of told) {
        const [what, name = '', count] = line.split(' ');
        if (what === 'blob') expect((await store.get({ $blob: name, sizeBytes: 0 })).byteLength).toBeGreaterThan(5_000);
        else expect([name, (await store.readStream(name)).length]).toEqual([name, Number(count)]);
      }
      const { events } = await store.readAll(0, 100_000);
      expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
      for (const [stream, inIt] of Map.groupBy(events, ({ stream }) => stream))
        expect([stream, inIt.length]).toEqual([stream, 1 + (Number(stream.split('-').at(-1)) % 3)]);
    }, 60_000);
  });

  describe('when connections break', () => {
    let way: FailingWay;
    beforeEach(async () => {
      way = await failingWay(url);
      store = await open({ url: way.url });
    });
    afterEach(() => way.close());

    it('does not know what became of an append whose answer was lost, and answers its repetition as the first', async () => {
      await append('before', '0');
      const call = [
        { stream: 'lost-answer', expected: 'no stream' as const, events: [anEvent('1'), anEvent('2')] },
        { stream: 'b', expected: 'no stream' as const, events: [anEvent('3')] },
      ];
      way.loseAnswerTo('lost-answer');
      await expect(store.append(call)).rejects.toBeInstanceOf(OutcomeUnknown);
      const again = await store.append(call);
      expect(again.map(plain)).toEqual((await store.readAll(1, 10)).events.map(plain));
      expect(idsOf(again)).toEqual(['1', '2', '3']);
      await expect(append('lost-answer', 'other')).rejects.toBeInstanceOf(WrongExpectedRevision);
    });

    it('refuses everything while there is no server, and goes on when there is one', async () => {
      await append('a', '1');
      way.cut();
      // The first may have been on its way when it broke.
      await expect(append('b', '2')).rejects.toThrow();
      for (const refused of [
        () => append('b', '2'),
        () => store.head(),
        () => store.readStream('a'),
        () => store.put(Buffer.from('x')),
      ])
        await expect(refused()).rejects.toBeInstanceOf(StoreUnavailable);
      way.mend();
      await append('b', '3');
      expect(await ids()).toEqual(['1', '3']);
    });

    it('keeps its followers, who miss nothing', async () => {
      const [following, other] = [reader(store), await open()];
      await until(() => following.timesAtHead > 0, 'the head');
      await append('a', '1');
      way.cut();
      const late = reader(store);
      for (let count = 0; count < 20; count++) await appendTo(other, `meanwhile-${count}`, `meanwhile-${count}`);
      way.mend();
      await append('b', 'last');
      for (const each of [following, late]) await until(() => each.seen.length === 22, 'everything');
      expect(idsOf(following.seen)).toEqual(await ids());
      expect(idsOf(late.seen)).toEqual(await ids());
      await Promise.all([following.stop(), late.stop()]);
    }, 30_000);

    it('ends followers and itself while there is no server', async () => {
      const waiting = reader(store);
      await until(() => waiting.timesAtHead > 0, 'the head');
      way.cut();
      const aborted = reader(store);
      await aborted.stop();
      const behind = reader(store);
      await store.close();
      await Promise.all([waiting.done, behind.done]);
    });

    it('survives the end of all its sessions', async () => {
      const following = reader(store);
      await append('a', '1');
      await admin.end();
      await postgres.endSessions(url);
      const call = () => append('b', '2').catch((error: unknown) => error);
      let outcome = await call();
      while (outcome instanceof OutcomeUnknown || outcome instanceof StoreUnavailable) outcome = await call();
      expect(idsOf(outcome as RecordedEvent[])).toEqual(['2']);
      await until(() => following.seen.length === 2, 'both events');
      await following.stop();
    });
  });

  describe('keeps time', () => {
    it('by the clock of the server', async () => {
      const now = async () => {
        const { rows } = await admin.query('SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now');
        return (rows as [{ now: number }])[0].now;
      };
      const before = await now();
      const [event] = await append('a', '1');
      expect(msOf(event!.recorded)).toBeGreaterThanOrEqual(before);
      expect(msOf(event!.recorded)).toBeLessThanOrEqual(await now());
    });

    it('that never falls when that clock steps back', async () => {
      await append('a', '1');
      await admin.query('UPDATE ferrolog_events.log SET recorded = $1', [msOf('2100-01-01T00:00:00.000Z')]);
      expect((await append('b', '2'))[0]!.recorded).toBe('2100-01-01T00:00:00.000Z');
      expect((await append('c', '3'))[0]!.recorded).toBe('2100-01-01T00:00:00.000Z');
      expect(await store.positionAt('2099-12-31T23:59:59.999Z')).toBe(1);
      expect(await store.positionAt('2100-01-01T00:00:00.000Z')).toBe(3);
    });
  });

  it('is durable in a database that says otherwise', async () => {
    await admin.query(`ALTER DATABASE ${admin.database} SET synchronous_commit = off`);
    await admin.query(`ALTER DATABASE ${admin.database} SET default_transaction_isolation = 'serializable'`);
    const pool = openPool({ url, name: 'spec', connections: 1 });
    const { rows } = await pool.query(
      `SELECT current_setting('synchronous_commit') AS sync, current_setting('transaction_isolation') AS isolation`,
    );
    expect(rows).toEqual([{ sync: 'on', isolation: 'read committed' }]);
    await pool.end();
  });

  it('begins a generation when a backup was put back, and remembers it', async () => {
    const { storeId } = store.identity;
    expect(store.identity).toEqual({ storeId: expect.stringMatching(/^[0-9a-f]{8}$/), generation: 1 });
    await store.beginGeneration();
    expect(store.identity).toEqual({ storeId, generation: 2 });
    expect((await open()).identity).toEqual({ storeId, generation: 2 });
  });

  it('refuses to go on when the log went back under it', async () => {
    await append('a', '1', '2', '3');
    const following = reader(store);
    await until(() => following.seen.length === 3, 'the events');
    await admin.query(
      'DELETE FROM ferrolog_events.events WHERE position > 1; UPDATE ferrolog_events.log SET position = 1',
    );
    await following.done;
    await expect(store.head()).rejects.toThrow('the event store went back from position 3 to 1');
    await expect(append('b', '4')).rejects.toBeInstanceOf(StoreUnavailable);
  });

  describe('is opened', () => {
    const refusal = async (at: string): Promise<Error> => {
      const error: unknown = await PostgresEventStore.open({ url: at }).then(
        opened => opened.close(),
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(StoreCannotBeOpened);
      return error as Error;
    };

    it('by several at once where nothing was yet, as the same store', async () => {
      url = await postgres.database();
      const stores = await Promise.all(Array.from({ length: 5 }, () => open()));
      expect(new Set(stores.map(({ identity }) => identity.storeId)).size).toBe(1);
      await Promise.all(stores.map((each, index) => appendTo(each, `s${index}`, `${index}`)));
      expect(await stores[0]!.head()).toBe(5);
    }, 30_000);

    it('not where a newer Ferrolog was', async () => {
      await admin.query('INSERT INTO ferrolog_events.migrations (version) VALUES (99)');
      expect((await refusal(url)).message).toBe(
        'The event store cannot be opened. The schema ferrolog_events was written by a newer Ferrolog (version 99, this one reads up to 2). Start that version again.',
      );
    });

    it('not in a database of another encoding', async () => {
      const name = `${admin.database}_ascii`;
      await admin.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'`);
      const at = Object.assign(new URL(url), { pathname: name }).href;
      expect((await refusal(at)).message).toContain('keeps text in SQL_ASCII. Make one with the encoding UTF8.');
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    }, 60_000);

    it('not without a reason that says no password', async () => {
      const password = 'hunter2-s3cret';
      const at = (change: Partial<URL>) => Object.assign(new URL(url), { password }, change).href;
      const reasons: [string, RegExp][] = [
        [at({}), /password authentication failed/],
        [at({ port: '1' }), /ECONNREFUSED/],
        [at({ hostname: 'no-such-host.invalid' }), /ENOTFOUND|EAI_AGAIN/],
        [`postgres://user:${password}@host:port:9/x`, /not of the form/],
        [`mysql://user:${password}@host/x`, /not of the form/],
      ];
      for (const [bad, reason] of reasons) {
        const error = await refusal(bad);
        expect(error.message).toMatch(reason);
        expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(password);
      }
    }, 30_000);
  });
});

const connected = async (connectionString: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  return client;
};
