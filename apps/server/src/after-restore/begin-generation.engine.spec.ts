import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { positionToken } from '#domain';
import { anEvent, StandInProcess } from '#testing';
import type { PostgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { postgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { beginGeneration } from './begin-generation.js';
import { systemClock } from '../clock.js';
import { openStore } from '../engines/open-store.js';

let postgres: PostgresOfSpecs;
let standIn: StandInProcess;
beforeAll(async () => {
  postgres = await postgresOfSpecs();
  standIn = await StandInProcess.start();
}, 60_000);
afterAll(async () => {
  await standIn.dispose();
  await postgres.stop();
}, 60_000);

describe('After an event store that is a server was put back', () => {
  it.each([
    ['PostgreSQL', () => postgres.database()],
    ['KurrentDB', () => Promise.resolve(standIn.connectionString)],
  ])('positions of %s are told apart from those of before, and events are the same', async (_, make) => {
    const eventStore = await make();
    const before = await openStore(eventStore, '', systemClock);
    await before.append([{ stream: 'a', expected: 'no stream', events: [anEvent('e1')] }]);
    const position = await before.head();
    const token = positionToken(before.identity, position);
    await before.close();

    const begun = await beginGeneration({ eventStore, data: '/nowhere', host: '127.0.0.1', port: 0 });
    expect(begun).toEqual({ storeId: before.identity.storeId, generation: 2 });
    const after = await openStore(eventStore, '', systemClock);
    expect(after.identity).toEqual(begun);
    expect(await after.head()).toBe(position);
    expect(positionToken(after.identity, position)).not.toBe(token);
    expect((await after.readStream('a')).map(({ id }) => id)).toEqual(['e1']);
    await after.close();
  });
});
