import { beforeEach, describe, expect, it } from '@jest/globals';
import type { BlobReference } from '#domain';
import { CONDUCTOR_LIFE_MS } from '#domain';
import { FleetCatalog } from '#drivers';
import type { ReadModel } from '#read-model';
import { testDriver } from '#testing';
import { catalogOfFleet } from './fleet-catalog-refresh.js';

const NOW = 1_000_000_000;
const DRIVER = testDriver.hardwareType;

describe('The catalog of a fleet', () => {
  let catalog: FleetCatalog;
  let seen: Map<string, number>;
  let rows: Awaited<ReturnType<ReadModel['conductors']['all']>>;
  let refresh: () => Promise<void>;
  beforeEach(() => {
    catalog = new FleetCatalog();
    [seen, rows] = [new Map(), [aConductor('a', '')]];
    refresh = catalogOfFleet(
      {
        readModel: () => ({ conductors: { all: async () => rows } as ReadModel['conductors'] }),
        blobs: { put: async () => ({}) as BlobReference, get: async () => Buffer.from(JSON.stringify([testDriver])) },
        telemetry: { conductors: () => seen },
        clock: { now: () => NOW, after: () => () => undefined },
      },
      catalog,
    );
  });

  it('has the drivers of those that live', async () => {
    seen.set('a', NOW);
    await refresh();
    expect(catalog.driver(DRIVER, '')).toEqual(testDriver);
    expect(catalog.isAway(DRIVER, '')).toBe(false);
  });

  it('tells drivers that are away from those that nobody has, and gets them back', async () => {
    seen.set('a', NOW - CONDUCTOR_LIFE_MS);
    await refresh();
    expect([catalog.driver(DRIVER, ''), catalog.isAway(DRIVER, '')]).toEqual([undefined, true]);
    expect([catalog.isAway(DRIVER, 'rack-7'), catalog.isAway('nosuch', '')]).toEqual([false, false]);
    seen.set('a', NOW);
    await refresh();
    expect([catalog.driver(DRIVER, ''), catalog.isAway(DRIVER, '')]).toEqual([testDriver, false]);
    seen.clear();
    await refresh();
    expect([catalog.driver(DRIVER, ''), catalog.isAway(DRIVER, '')]).toEqual([undefined, true]);
  });

  it('takes no driver for missing before the fleet was seen', async () => {
    expect(catalog.isAway('nosuch', '')).toBe(true);
    await refresh();
    expect(catalog.isAway('nosuch', '')).toBe(false);
  });
});

const aConductor = (hostname: string, conductor_group: string) => ({
  id: 1,
  hostname,
  conductor_group,
  drivers: JSON.stringify([DRIVER]),
  manifest: '{}',
  created_at: '',
  updated_at: '',
});
