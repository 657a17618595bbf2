import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventStore, PublicEvent } from '#domain';
import { SqliteEventStore } from '#event-store/sqlite';
import {
  type TemporaryFolder,
  type VirtualClock,
  anEvent,
  countingIds,
  someMetadata,
  temporaryFolder,
  until,
  virtualClock,
} from '#testing';
import { ForeignCheckpoint, checkpointText } from './public-event.js';
import type { Follower } from '#event-store/follower';
import { publicRelay } from './public-relay.js';

const NODE = '1be26c0b-03f2-4d2e-ae87-c02d7f33c123';

describe('The relay of public events', () => {
  let folder: TemporaryFolder;
  let store: EventStore;
  let clock: VirtualClock;
  let relay: Follower;
  let published: PublicEvent[];
  let checkpoint: string | undefined;
  let failures: number;
  let errors: unknown[];
  const nextId = countingIds();
  const log = {
    checkpoint: async () => checkpoint,
    async publish(events: readonly PublicEvent[], next: string) {
      published.push(...events);
      if (failures-- > 0) throw new Error('The log is away.');
      checkpoint = next;
    },
  };
  const begin = () => {
    relay = publicRelay({ store, log, clock, onBreak: error => errors.push(error) });
    relay.start();
  };
  const append = (stream: string, revision: number, data: object = {}, metadata = {}) =>
    store.append([
      {
        stream,
        expected: revision === 0 ? 'no stream' : revision - 1,
        events: [anEvent(nextId(), { data, metadata: { ...someMetadata, ...metadata } })],
      },
    ]);

  beforeEach(() => {
    folder = temporaryFolder();
    clock = virtualClock();
    store = new SqliteEventStore({ path: folder.file('events.sqlite'), clock });
    [published, errors, checkpoint, failures] = [[], [], undefined, 0];
  });
  afterEach(async () => {
    await relay.stop();
    await store.close();
    folder.remove();
  });

  it('publishes what tells of resources, by their own ids, and not what is ours alone', async () => {
    await append(`reservation-name-x`, 0);
    await append(`node-${NODE}`, 0, { step: 1 });
    await append('conductor-host.example', 0);
    begin();
    await until(() => published.length === 2, 'two events');
    expect(published.map(({ key, subject }) => [key, subject])).toEqual([
      [NODE, `node-${NODE}`],
      ['host.example', 'conductor-host.example'],
    ]);
    expect(published[0]).toMatchObject({
      type: 'ferrolog.Tested',
      source: `/ferrolog/${store.identity.storeId}`,
      data: { revision: 0, data: { step: 1 }, metadata: { commandId: someMetadata.commandId } },
    });
  });

  it('publishes neither secrets nor where an actor came from', async () => {
    const origin = { actorOrigin: 'sealed:10.0.0.1' };
    await append(`node-${NODE}`, 0, { driver_info: { password: { $sealed: 'key.abc' }, address: 'bmc' } }, origin);
    begin();
    await until(() => published.length === 1, 'an event');
    expect(published[0].data).toMatchObject({ data: { driver_info: { password: '******', address: 'bmc' } } });
    expect(JSON.stringify(published)).not.toMatch(/key\.abc|10\.0\.0\.1/);
  });

  it('goes on where the last one left off, and follows', async () => {
    await append(`node-${NODE}`, 0);
    begin();
    await until(() => checkpoint !== undefined, 'a checkpoint');
    await relay.stop();
    await append(`node-${NODE}`, 1);
    begin();
    await until(() => published.length === 2, 'the second event');
    await append(`node-${NODE}`, 2);
    await until(() => published.length === 3, 'the third event');
    expect(published.map(({ data }) => (data as { revision: number }).revision)).toEqual([0, 1, 2]);
  });

  it('publishes again what broke off, with the same ids, and says so', async () => {
    failures = 1;
    await append(`node-${NODE}`, 0);
    begin();
    await until(() => errors.length === 1, 'an error');
    await clock.advance(5000);
    await until(() => checkpoint !== undefined, 'a checkpoint');
    expect(published).toHaveLength(2);
    expect(published[0].id).toBe(published[1].id);
  });

  it.each([
    { what: 'another store', of: { storeId: '00000000' } },
    { what: 'another generation of the store', of: { generation: 7 } },
  ])('publishes nothing after a checkpoint of $what', async ({ of }) => {
    await append(`node-${NODE}`, 0);
    checkpoint = checkpointText({ ...store.identity, ...of }, 0);
    begin();
    await until(() => errors.length === 1, 'an error');
    expect(errors[0]).toBeInstanceOf(ForeignCheckpoint);
    expect(published).toEqual([]);
  });
});
