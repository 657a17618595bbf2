import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder } from '#testing';
import type { StandIn } from '../stand-in.js';
import { startStandIn } from '../stand-in.js';

const root = join(import.meta.dirname, '../../../..');
const python = join(root, '.scratch/eventstoredb-clients/bin/python');
const cases = join(root, 'tools/eventstoredb-stand-in/clients/cases.py');
const run = promisify(execFile);

let folder: TemporaryFolder;
let standIn: StandIn;
beforeEach(async () => {
  folder = temporaryFolder();
  standIn = await startStandIn({ data: folder.path });
});
afterEach(async () => {
  await standIn.stop();
  folder.remove();
});

it('The stand-in answers kurrentdbclient from PyPI as it answers the Node clients', async () => {
  if (!existsSync(python))
    throw new Error('kurrentdbclient missing: run "node tools/eventstoredb-stand-in/clients/install.mjs" first');
  const { stdout } = await run(python, [cases, standIn.connectionString]);
  expect(JSON.parse(stdout)).toEqual({
    'append to a missing stream that must exist': 'WrongCurrentVersionError',
    append: 2,
    repeat: 2,
    'repeat a part': 2,
    'append behind': 'WrongCurrentVersionError',
    'append ahead': 'WrongCurrentVersionError',
    'append to any': 3,
    'repeat with a new one': 'WrongCurrentVersionError',
    'append too much': 'MaximumAppendSizeExceededError',
    read: [0, 1, 2, 3],
    'read from 2 backwards': [2, 1],
    'read a missing stream': 'NotFoundError',
    'read all': ['Event-a', 'Event-b', 'Event-c', 'Event-d'],
    'read all filtered': ['Event-b', 'Event-d'],
    version: 3,
    subscribe: ['Event-c', 'Event-d', 'caughtUp'],
    'subscribe to all': ['Event-a', 'Event-b', 'Event-c', 'Event-d'],
    'read what the metadata leaves': [2, 3],
    delete: null,
    'read what was deleted': 'NotFoundError',
    'append to what was deleted': 4,
    tombstone: null,
    'read what has a tombstone': 'StreamIsDeletedError',
    'append to what has a tombstone': 'StreamIsDeletedError',
  });
}, 60_000);
