import { describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { anEvent } from '#testing';
import { OwnEvents } from './own-events.js';

const at = (stream: string, revision: number): RecordedEvent => ({
  ...anEvent(`${stream}@${revision}`),
  stream,
  revision,
  position: 100 + revision,
  recorded: '2026-01-01T00:00:00.000Z',
});
const idsOf = (events: readonly RecordedEvent[]) => events.map(({ id }) => id);

describe('The events that a process is appending', () => {
  it('are picked out of all that come, until all are there', async () => {
    const own = new OwnEvents();
    const watch = own.watch('a', 1, 2);
    for (const event of [at('a', 1), at('b', 2), at('a', 2), at('a', 3), at('a', 4)]) own.take(event);
    await watch.complete;
    expect(idsOf(watch.events)).toEqual(['a@2', 'a@3']);
  });

  it('are told to everybody who waits for the same place', () => {
    const own = new OwnEvents();
    const [one, other] = [own.watch('a', -1, 1), own.watch('a', -1, 1)];
    own.take(at('a', 0));
    expect([idsOf(one.events), idsOf(other.events)]).toEqual([['a@0'], ['a@0']]);
  });

  it('are left alone once nobody waits for them', () => {
    const own = new OwnEvents();
    const [gone, staying] = [own.watch('a', -1, 1), own.watch('a', -1, 1)];
    gone.end();
    own.take(at('a', 0));
    expect([idsOf(gone.events), idsOf(staying.events)]).toEqual([[], ['a@0']]);
  });
});
