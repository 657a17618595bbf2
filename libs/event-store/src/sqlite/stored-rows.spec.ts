import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TemporaryFolder } from '#testing';
import { anEvent, temporaryFolder, withUpcasters } from '#testing';
import { SqliteEventStore } from './sqlite-event-store.js';
import { openStoredRows } from './stored-rows.js';

describe('The rows of an event store', () => {
  let folder: TemporaryFolder;
  beforeEach(() => void (folder = temporaryFolder()));
  afterEach(() => folder.remove());

  it('are what was written, when types have come to new versions, too', async () => {
    const path = folder.file('events.sqlite');
    const store = new SqliteEventStore({ path, clock: { now: () => 1_000 } });
    await store.append([{ stream: 'a', expected: 'no stream', events: [anEvent('e1'), anEvent('e2')] }]);
    await store.append([{ stream: 'b', expected: 'no stream', events: [anEvent('e3')] }]);
    const { $blob } = await store.put(Buffer.from('big'));
    const { identity } = store;
    await store.close();
    await withUpcasters({ Tested: [() => ({ changed: true })] }, async () => {
      const rows = openStoredRows(path);
      const [first] = rows.after(0, 1);
      expect(first).toMatchObject({ position: 1, stream: 'a', revision: 0, id: 'e1', type: 'Tested', recorded: 1_000 });
      expect(first!.data).toBe('{"id":"e1"}');
      expect(rows.after(1, 9).map(({ id }) => id)).toEqual(['e2', 'e3']);
      expect([rows.count, rows.identity]).toEqual([3, identity]);
      expect([rows.at('a', 1)?.id, rows.at('b', 0)?.id, rows.at('b', 1)]).toEqual(['e2', 'e3', undefined]);
      expect([rows.lastUpTo(2)?.id, rows.lastUpTo(0)]).toEqual(['e2', undefined]);
      expect(rows.eventsOf('a').map(({ id, data }) => [id, data])).toEqual([
        ['e1', { changed: true }],
        ['e2', { changed: true }],
      ]);
      expect(rows.eventsOf('').map(({ id }) => id)).toEqual(['e1', 'e2', 'e3']);
      expect(rows.blobHashes().map(hash => String(rows.blob(hash)))).toEqual(['big']);
      expect(rows.blobHashes()).toEqual([$blob]);
      rows.close();
    });
  });
});
