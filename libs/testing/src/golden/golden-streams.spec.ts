import { describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '#domain';
import { EventRegistry } from '#schemas';
import { goldenFlows, typesThatNobodyWrites } from './golden-flows.js';
import { foldAll, goldenNames, readGolden, recordGolden } from './golden-streams.js';

const registry = new EventRegistry();
const allEvents = () => goldenNames().flatMap(name => readGolden(name).events);

describe('Golden streams', () => {
  it.each(goldenNames())('%s folds to what it folded to when it was recorded', name => {
    const { events, expected } = readGolden(name);
    // What was known then is still known; more may be known today.
    expect(foldAll(events)).toMatchObject(expected as object);
    expect(Object.keys(expected)).toEqual([...new Set(events.map(({ stream }) => stream))]);
  });

  it.each(goldenNames())('%s holds events that are what their schemas say, read as of today', name => {
    for (const { type, data, metadata } of readGolden(name).events) {
      expect(registry.check(type, data)).toBe(Number(metadata.schemaVersion ?? 1));
      expect(Object.values(metadata).every(value => typeof value === 'string')).toBe(true);
    }
  });

  it('are whole: no stream has a gap, and every event has a cause that leads up to a command', () => {
    for (const name of goldenNames()) {
      const { events } = readGolden(name);
      const byId = new Map(events.map(event => [event.id, event]));
      for (const [stream, own] of Map.groupBy(events, ({ stream }) => stream))
        expect([name, stream, own.map(({ revision }) => revision)]).toEqual([
          name,
          stream,
          own.map((_, index) => index),
        ]);
      for (const event of events) {
        let top: RecordedEvent = event;
        for (let steps = 0; byId.has(top.metadata.$causationId) && steps < 1_000; steps++)
          top = byId.get(top.metadata.$causationId)!;
        expect([event.id, top.metadata.$causationId]).toEqual([event.id, top.metadata.commandId]);
        expect(top.metadata.actorKind).toBe('user');
      }
    }
  });

  it('have every type of event that is registered, or a reason why not', () => {
    const seen = new Set(allEvents().map(({ type }) => type));
    const missing = registry.types.filter(type => !seen.has(type));
    expect(missing).toEqual(Object.keys(typesThatNobodyWrites).sort());
  });

  it('have no secret in the clear', () => {
    const text = JSON.stringify(allEvents());
    expect(text).toContain('$sealed');
    // As a value: as a name it is what some sealed values are called by.
    expect(text).not.toMatch(/"secret[^"]*"(?!:)/);
  });

  it('can be recorded anew: the flows still run', async () => {
    for (const flow of goldenFlows) {
      const { events } = await recordGolden(flow);
      expect([flow.name, events.length > 0]).toEqual([flow.name, true]);
    }
    expect(goldenFlows.map(({ name }) => name).sort()).toEqual(goldenNames().filter(name => !isOlder(name)));
  }, 60_000);
});

/** Streams that were recorded once and are not recorded again: an older version of a flow, by its date. */
const isOlder = (name: string): boolean => /\.\d{4}-\d\d-\d\d$/.test(name);
