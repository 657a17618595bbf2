import * as eventstore from '@eventstore/db-client';
import type { ClientModule } from './peer.js';
import { standInContract } from './contract.js';

standInContract({
  name: '@eventstore/db-client',
  module: { ...eventstore, Client: eventstore.EventStoreDBClient } as unknown as ClientModule,
  scheme: 'esdb',
  filtersReads: false,
  keepsMilliseconds: true,
  badRead: said => ({ type: 'unknown', code: 2, message: `2 UNKNOWN: ${said}` }),
});
