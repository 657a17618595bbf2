import { describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from './ports/event-store.js';
import type { Upcasters } from './upcast.js';
import { upcast } from './upcast.js';

// A type that was never there, in its fourth version: a temperature that was said in Fahrenheit once.
const chains: Upcasters = {
  TemperatureRead: [
    data => ({ ...data, unit: 'F' }),
    data => {
      const { value, ...rest } = data as { value: number };
      return { ...rest, fahrenheit: value };
    },
    data => {
      const { fahrenheit, unit: _unit, ...rest } = data as { fahrenheit: number; unit: string };
      return { ...rest, celsius: Math.round(((fahrenheit - 32) * 5) / 9) };
    },
  ],
};

const event = (data: object, schemaVersion?: string, type = 'TemperatureRead'): RecordedEvent =>
  Object.freeze({
    id: 'e1',
    type,
    data: Object.freeze(data),
    metadata: Object.freeze({ commandId: 'c', ...(schemaVersion && { schemaVersion }) }) as never,
    stream: 'node-1',
    revision: 4,
    position: 17,
    recorded: '2026-01-01T00:00:00.000Z',
  });

describe('Upcasting', () => {
  it.each([
    ['1', { value: 212, kept: 'field' }],
    [undefined, { value: 212, kept: 'field' }],
    ['2', { value: 212, unit: 'F', kept: 'field' }],
    ['3', { fahrenheit: 212, unit: 'F', kept: 'field' }],
    ['4', { celsius: 100, kept: 'field' }],
  ])('reads version %s as the version of today', (version, data) => {
    const current = upcast(event(data, version), chains);
    expect(current.data).toEqual({ celsius: 100, kept: 'field' });
    expect(current.metadata.schemaVersion).toBe('4');
  });

  it('leaves everything else of the event as it is, and the event itself alone', () => {
    const old = event({ value: 212 });
    const { data: _data, metadata, ...rest } = upcast(old, chains);
    expect({ ...rest, metadata }).toEqual({ ...rest, metadata: { commandId: 'c', schemaVersion: '4' } });
    expect(rest).toMatchObject({ id: 'e1', stream: 'node-1', revision: 4, position: 17, type: 'TemperatureRead' });
    expect(old.data).toEqual({ value: 212 });
    expect(old.metadata.schemaVersion).toBeUndefined();
  });

  it('does nothing twice', () => {
    const once = upcast(event({ value: 212 }), chains);
    expect(upcast(once, chains)).toBe(once);
  });

  it('carries what it does not know: other types, and versions that are still to come', () => {
    const other = event({ value: 1 }, undefined, 'SomethingElse');
    const newer = event({ kelvin: 373 }, '9');
    expect(upcast(other, chains)).toBe(other);
    expect(upcast(newer, chains)).toBe(newer);
  });
});
