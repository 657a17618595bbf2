import { describe, expect, it } from '@jest/globals';
import type { Status } from '#apps/api';
import { judge } from './server-checks.js';

const noon = Date.UTC(2026, 0, 1, 12);
const iso = (ms: number) => new Date(ms).toISOString();

const share = (changes: object) => ({
  conductor_group: '',
  hardware_type: 'fake-hardware',
  partitions: 64,
  owners: { one: 64 },
  unowned: 0,
  waiting: 0,
  nodes: 4,
  ...changes,
});

const healthy = {
  time: iso(noon),
  requested_by: 'anonymous',
  store: { storeId: 's', generation: 1, head: 'p', position: 12 },
  read_model: { position: 'p', behind: 0 },
  nodes: { available: 3, 'deploy wait': 1 },
  conductors: [{ host: 'one', seen: iso(noon), alive: true }],
  drivers: [{ name: 'fake-hardware', hosts: ['one'] }],
  work: [share({})],
  open_work: [],
  impediments: [],
} as unknown as Status;

const levels = (changes: object, askedMs = noon, answeredMs = noon) =>
  judge('http://metal', { status: { ...healthy, ...changes } as Status, askedMs, answeredMs })
    .filter(({ level }) => level !== 'OK')
    .map(({ level, check }) => `${level} ${check}`);

const openWork = (deadline: string | null) => ({
  open_work: [
    { node_uuid: 'u', conductor_group: '', hardware_type: 'fake-hardware', kind: 'wait', epoch: 1, deadline },
  ],
});

describe('doctor', () => {
  it('finds nothing on a healthy server', () => {
    expect(levels({})).toEqual([]);
  });

  it.each([
    ['no conductor', { conductors: [{ host: 'one', seen: iso(0), alive: false }] }, ['FAIL conductors']],
    [
      'a silent conductor',
      { conductors: [...healthy.conductors, { host: 'two', seen: iso(0), alive: false }] },
      ['WARN conductors'],
    ],
    ['no driver', { drivers: [] }, ['FAIL drivers']],
    ['a reason not to answer', { impediments: ['the disk is full'] }, ['FAIL ready']],
    ['a read model that is behind', { read_model: { behind: 3 } }, ['WARN read model']],
    ['a read model that is ahead', { read_model: { behind: -3 } }, ['FAIL read model']],
    ['failed nodes', { nodes: { 'deploy failed': 1, error: 2 } }, ['WARN nodes']],
    ['work that is long past its deadline', openWork(iso(noon - 120_000)), ['WARN open work']],
    ['work that the next sweep will find', openWork(iso(noon - 60_000)), []],
    ['nodes that are nobody’s', { work: [share({ owners: {}, unowned: 64 })] }, ['FAIL work']],
    ['nodes some of which are nobody’s', { work: [share({ owners: { one: 32 }, unowned: 32 })] }, ['FAIL work']],
    ['work that is nobody’s, of no node', { work: [share({ owners: {}, unowned: 64, nodes: 0 })] }, []],
    ['work that piles up', { work: [share({ waiting: 5_000 })] }, ['WARN work']],
    ['a work log that does not say', { work: [share({ waiting: null })] }, ['WARN work']],
    [
      'a conductor whose clock is ahead',
      { conductors: [{ host: 'one', seen: iso(noon + 30_000), alive: true }] },
      ['WARN clock'],
    ],
    ['work without a deadline', openWork(null), []],
  ])('judges %s', (_, changes, expected) => {
    expect(levels(changes)).toEqual(expected);
  });

  it('tells a clock that is wrong from an answer that took its time', () => {
    expect(levels({}, noon - 5_000, noon + 4_000)).toEqual([]);
    expect(levels({}, noon + 2_500, noon + 3_000)).toEqual(['WARN clock']);
    expect(levels({}, noon - 9_000, noon - 8_000)).toEqual(['WARN clock']);
  });
});
