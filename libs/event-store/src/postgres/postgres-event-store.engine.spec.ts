import { afterAll, beforeAll } from '@jest/globals';
import type { PostgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { postgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { eventStoreContract } from '../contract.js';
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
