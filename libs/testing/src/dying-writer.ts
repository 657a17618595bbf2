import { writeSync } from 'node:fs';
import { PostgresEventStore } from '#event-store/postgres';
import { SqliteEventStore } from '#event-store/sqlite';
import { anEvent } from './an-event.js';

/**
 * A process that appends to the store in the named file, or at the URL, for ever, from several writers at once, and tells each append
 * on its standard output once it is acknowledged. Made to be killed.
 */
const [place = '', run = ''] = process.argv.slice(2);
const store = place.startsWith('postgres:')
  ? await PostgresEventStore.open({ url: place })
  : new SqliteEventStore({ path: place, clock: Date });

const write = async (writer: number): Promise<void> => {
  for (let count = 0; ; count++) {
    const stream = `${run}-${writer}-${count}`;
    const events = Array.from({ length: 1 + (count % 3) }, (_, index) =>
      anEvent(`${stream}-${index}`, { data: { text: 'x'.repeat(50 + ((count * 997) % 9_000)) } }),
    );
    const appending = store.append([{ stream, expected: 'no stream', events }]);
    if (count % 5 === 0) {
      const { $blob } = await store.put(Buffer.from(`${stream}${'y'.repeat(5_000)}`));
      writeSync(1, `blob ${$blob}\n`);
    }
    await appending;
    writeSync(1, `stream ${stream} ${events.length}\n`);
  }
};

await Promise.all([1, 2, 3, 4].map(write));
