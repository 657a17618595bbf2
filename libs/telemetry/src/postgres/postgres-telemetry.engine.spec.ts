import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Telemetry } from '#domain';
import { until } from '#testing';
import type { PostgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import { failingWay, postgresOfSpecs } from '../../../../tools/engines/postgres-of-specs.js';
import type { PostgresTelemetryOptions } from './postgres-telemetry.js';
import { PostgresTelemetry } from './postgres-telemetry.js';

const NEVER_MS = 3_600_000;

describe('Telemetry in PostgreSQL', () => {
  let postgres: PostgresOfSpecs;
  let url: string;
  const opened: PostgresTelemetry[] = [];
  const open = async (options: Partial<PostgresTelemetryOptions> = {}) => {
    const made = await PostgresTelemetry.open({ url, ...options });
    opened.push(made);
    return made;
  };
  beforeAll(async () => void (postgres = await postgresOfSpecs()), 60_000);
  afterAll(() => postgres.stop(), 60_000);
  beforeEach(async () => void (url = await postgres.database()), 30_000);
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(each => each.close()));
  }, 30_000);
  const conductorsOf = (telemetry: Telemetry) => [...telemetry.conductors()].sort();

  it('knows when agents were heard last, and after a restart, too', async () => {
    const first = await open();
    expect(first.lastHeard('n1')).toBeUndefined();
    first.heard('n1', 1_000);
    first.heard('n1', 2_000);
    first.heard('n2', 3_000);
    expect(first.lastHeard('n1')).toBe(2_000);
    await first.close();
    const second = await open();
    expect([second.lastHeard('n1'), second.lastHeard('n2')]).toEqual([2_000, 3_000]);
    second.forget('n1');
    second.forget('never heard');
    await second.close();
    const third = await open();
    expect([third.lastHeard('n1'), third.lastHeard('n2')]).toEqual([undefined, 3_000]);
  });

  it('tells other processes which conductors live, at once', async () => {
    const stores = [await open({ refreshMs: NEVER_MS }), await open({ refreshMs: NEVER_MS })] as const;
    const now = Date.now();
    stores[0].conductorSeen('a', now);
    stores[1].conductorSeen('b', now + 1);
    for (const each of stores) await until(() => each.conductors().size === 2, 'both conductors');
    for (const each of stores) expect(conductorsOf(each)).toEqual([['a', now], ['b', now + 1]]); // prettier-ignore
    stores[0].conductorGone('a');
    await until(() => stores[1].conductors().size === 1, 'one to be gone');
    expect(conductorsOf(stores[1])).toEqual([['b', now + 1]]);
  });

  it('tells other processes of agents within the time of a refresh', async () => {
    const [first, second] = [await open({ flushMs: 20 }), await open({ refreshMs: 20 })];
    first.heard('n1', 1_000);
    await until(() => second.lastHeard('n1') === 1_000, 'the agent');
    first.heard('n1', 2_000);
    await until(() => second.lastHeard('n1') === 2_000, 'the agent again');
    first.forget('n1');
    await until(() => second.lastHeard('n1') === undefined, 'it to be forgotten');
  });

  it('keeps the later of two signs', async () => {
    const [first, second] = [await open(), await open()];
    first.heard('n1', 2_000);
    await first.flush();
    second.heard('n1', 1_000);
    await second.flush();
    await Promise.all([first.refresh(), second.refresh()]);
    expect([first.lastHeard('n1'), second.lastHeard('n1')]).toEqual([2_000, 2_000]);
  });

  it('answers without a server, and writes when there is one', async () => {
    const way = await failingWay(url);
    const telemetry = await open({ url: way.url, flushMs: NEVER_MS, refreshMs: NEVER_MS });
    way.cut();
    telemetry.heard('n1', 1_000);
    telemetry.conductorSeen('a', Date.now());
    await telemetry.flush();
    await telemetry.refresh();
    expect(telemetry.lastHeard('n1')).toBe(1_000);
    expect([...telemetry.conductors().keys()]).toEqual(['a']);
    way.mend();
    await telemetry.flush();
    expect((await open()).lastHeard('n1')).toBe(1_000);
    await telemetry.close();
    await way.close();
  });

  it('opens without a server, and begins when there is one', async () => {
    const way = await failingWay(url);
    way.cut();
    const telemetry = await open({ url: way.url, flushMs: NEVER_MS, refreshMs: NEVER_MS });
    telemetry.heard('n1', 1_000);
    way.mend();
    await telemetry.flush();
    expect((await open()).lastHeard('n1')).toBe(1_000);
    await telemetry.close();
    await telemetry.close();
    await way.close();
  });

  it('takes a sign only as old as it may be', async () => {
    const first = await open();
    first.conductorSeen('long gone', Date.now() - 48 * 3_600_000);
    first.conductorSeen('alive', Date.now());
    await first.close();
    expect([...(await open()).conductors().keys()]).toEqual(['alive']);
  });
});
