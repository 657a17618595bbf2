import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { PostgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { postgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { PostgresWebhookPlaces } from './postgres-webhook-places.js';
import { webhookPlacesContract } from '../webhook-places-contract.js';

let server: PostgresOfSpecs;
let url: string;
beforeAll(async () => void (server = await postgresOfSpecs()));
afterAll(() => server.stop());
beforeEach(async () => void (url = await server.database()));

webhookPlacesContract('PostgreSQL', identity => PostgresWebhookPlaces.open(url, () => identity));
