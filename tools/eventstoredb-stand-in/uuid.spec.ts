import { describe, expect, it } from '@jest/globals';
import { NotAUuid, uuidOf, wireUuid } from './uuid.js';

describe('A UUID on the wire', () => {
  const uuid = 'c56a4180-65aa-42ec-a945-5fd21dec0538';

  it('is text in lower case, or two signed halves', () => {
    expect(uuidOf({ text: uuid.toUpperCase() })).toBe(uuid);
    const halves = { high: '-4221489680989142292', low: '-6249483551856917192' };
    expect(wireUuid(uuid, true)).toEqual({ halves });
    expect(uuidOf({ halves })).toBe(uuid);
    expect(uuidOf({ halves: { low: '1' } })).toBe('00000000-0000-0000-0000-000000000001');
  });

  it('is refused when it is none', () => {
    for (const text of ['', 'x', uuid.slice(1), `${uuid}0`]) expect(() => uuidOf({ text })).toThrow(NotAUuid);
  });
});
