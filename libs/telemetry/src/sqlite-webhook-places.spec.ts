import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder } from '#testing';
import { SqliteWebhookPlaces } from './sqlite-webhook-places.js';
import { webhookPlacesContract } from './webhook-places-contract.js';

let folder: TemporaryFolder;
beforeEach(() => void (folder = temporaryFolder()));
afterEach(() => folder.remove());

webhookPlacesContract('SQLite', identity => new SqliteWebhookPlaces(folder.file('webhooks.sqlite'), identity));

it('A damaged file of places is made anew', () => {
  const path = folder.file('webhooks.sqlite');
  writeFileSync(path, 'no database at all, and longer than a header would be'.repeat(100));
  const places = new SqliteWebhookPlaces(path, { storeId: 'abcdef01', generation: 1 });
  expect(places.found()).toEqual({ uuids: [], position: 0 });
  places.close();
});
