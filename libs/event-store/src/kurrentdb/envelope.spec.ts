import { describe, expect, it } from '@jest/globals';
import { StoreUnavailable } from '#domain';
import { anEvent, someMetadata } from '#testing';
import type { RecordedEvent as StoredEvent } from '@kurrent/kurrentdb-client';
import { serialise } from '../serialise.js';
import { fromStore, safe, toStore, uuidOf } from './envelope.js';

const uuid = '0d3f8f8e-6b1e-5c54-9a5e-0123456789ab';
const recorded = '2026-01-02T03:04:05.678Z';
const written = (id: string) =>
  toStore(serialise([{ stream: 's', expected: 3, events: [anEvent(id)] }])[0]!.events[0]!, recorded);

/** The same as the client reads it. */
const stored = (id: string, position = 824n) =>
  ({
    ...written(id),
    streamId: 's',
    revision: 4n,
    isJson: true,
    created: new Date('2026-01-02T03:04:06.000Z'),
    position: { commit: position, prepare: position },
  }) as unknown as StoredEvent;

describe('An event in the envelope of KurrentDB', () => {
  it('has the time at which it was asked for, to the millisecond, beside what was given', () => {
    expect(written(uuid)).toMatchObject({ id: uuid, type: 'Tested', metadata: { ...someMetadata, recorded } });
    expect(fromStore(stored(uuid))).toEqual({ ...anEvent(uuid), stream: 's', revision: 4, position: 824, recorded });
  });

  it('keeps an id that the server would not take or would change', () => {
    const nil = '00000000-0000-0000-0000-000000000000';
    for (const id of ['node/1', '', nil, uuid.toUpperCase()]) {
      expect(written(id).id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(fromStore(stored(id)).id).toBe(id);
    }
    expect(uuidOf('a')).toBe(uuidOf('a'));
    expect(uuidOf('a')).not.toBe(uuidOf('b'));
  });

  it('takes the time of the server for what others wrote', () => {
    const { metadata: _, ...foreign } = stored(uuid);
    expect(fromStore(foreign as StoredEvent)).toMatchObject({ metadata: {}, recorded: '2026-01-02T03:04:06.000Z' });
  });

  it('refuses a position that a number cannot say exactly', () => {
    expect(safe(2n ** 53n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => fromStore(stored(uuid, 2n ** 53n))).toThrow(StoreUnavailable);
  });
});
