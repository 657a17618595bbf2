import { describe, expect, it } from '@jest/globals';
import { eventId, keyedCommandId, uuidV5 } from './identity.js';

describe('Ids', () => {
  it('are UUIDs of version 5, as RFC 9562 appendix A.4 makes them', () =>
    expect(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    ));

  it('of events differ by command, stream, revision, type and data, and by nothing else', () => {
    const command = 'c0000000-0000-4000-8000-000000000001';
    const one = ['node-1', 0, 'Tested', '{}'] as const;
    const variants = [
      eventId(command, ...one),
      eventId('c0000000-0000-4000-8000-000000000002', ...one),
      eventId(command, 'node-2', 0, 'Tested', '{}'),
      eventId(command, 'node-1', 1, 'Tested', '{}'),
      eventId(command, 'node-1', 0, 'Tried', '{}'),
      eventId(command, 'node-1', 0, 'Tested', '{"a":1}'),
    ];
    expect(new Set(variants).size).toBe(variants.length);
    expect(eventId(command, ...one)).toBe(variants[0]);
  });

  it('of keyed commands are of the caller and the key', () => {
    expect(keyedCommandId('user/a', 'k')).toBe(keyedCommandId('user/a', 'k'));
    expect(keyedCommandId('user/a', 'k')).not.toBe(keyedCommandId('user/b', 'k'));
    expect(keyedCommandId('user/a', 'k')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
