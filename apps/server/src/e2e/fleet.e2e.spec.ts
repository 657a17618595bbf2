import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CONDUCTOR, startFerrolog, type FerrologProcess } from './ferrolog-process.js';
import { ironicApi, type IronicApi, type NodeBody, type RestingState } from './ironic-api.js';
import { baremetalClient, type StockClient } from './stock-client.js';

const INSTANCE = 'c0ffee00-0000-4000-8000-0000000000f1';

/** What each node has that others have not. Names are in the order of enrolment. */
const fleet: readonly (readonly [name: string, state: RestingState, fields: object])[] = [
  ['n01', 'enroll', { description: 'spare parts' }],
  ['n02', 'enroll', { owner: 'alice' }],
  ['n03', 'enroll', { lessee: 'bob' }],
  ['n04', 'enroll', { resource_class: 'gold' }],
  ['n05', 'enroll', { shard: 'east' }],
  ['n06', 'enroll', { shard: 'west' }],
  ['n07', 'enroll', { instance_uuid: INSTANCE }],
  ['n08', 'enroll', { instance_name: 'web-1' }],
  ['n09', 'manageable', {}],
  ['n10', 'available', {}],
  ['n11', 'active', {}],
  ['n12', 'enroll', { retired: true, retired_reason: 'old' }],
];
const names = fleet.map(([name]) => name);

/** Lists of a fleet of twelve, on a server that gives no more than five nodes at a time. */
describe('a fleet', () => {
  let server: FerrologProcess;
  let baremetal: StockClient;
  let api: IronicApi;
  let nodes: NodeBody[];
  let chassis: string;
  beforeAll(async () => {
    server = await startFerrolog({ FERROLOG_MAX_LIMIT: '5' });
    baremetal = baremetalClient(server.url);
    api = ironicApi(server.url, 'latest');
    chassis = (await api.ask<{ uuid: string }>('POST', '/v1/chassis', { description: 'rack' })).uuid;
    nodes = [];
    for (const [name, state, fields] of fleet) nodes.push(await api.aNode(name, state, fields));
    await api.ask('PATCH', '/v1/nodes/n02', [{ op: 'add', path: '/chassis_uuid', value: chassis }]);
    await api.ask('PUT', '/v1/nodes/n03/maintenance', { reason: 'disk swap' });
  });
  afterAll(() => server.stop());

  const named = async (list: Promise<unknown>) => ((await list) as { name: string }[]).map(({ name }) => name);
  const without = (...some: string[]) => names.filter(name => !some.includes(name));

  it.concurrent('is listed whole, page by page, in the order of enrolment', async () => {
    const list = (await baremetal.json`node list --limit 0`) as object[];
    expect(list).toHaveLength(12);
    expect(list.map(node => (node as { name: string }).name)).toEqual(names);
    expect(list[10]).toEqual({
      uuid: nodes[10]!.uuid,
      name: 'n11',
      instance_uuid: null,
      power_state: null,
      provision_state: 'active',
      maintenance: false,
    });
  });

  it.concurrent('is given in pages of the server’s size', async () => {
    expect(await named(baremetal.json`node list`)).toEqual(names.slice(0, 5));
  });

  it.concurrent('is given in pages that the user asks for', async () => {
    expect(await named(baremetal.json`node list --limit 3`)).toEqual(['n01', 'n02', 'n03']);
    expect(await named(baremetal.json`node list --limit 3 --marker ${nodes[2]!.uuid}`)).toEqual(['n04', 'n05', 'n06']);
    expect(await named(baremetal.json`node list --limit 3 --marker ${nodes[10]!.uuid}`)).toEqual(['n12']);
  });

  it.concurrent('is sorted, over all pages', async () => {
    const byName = baremetal.json`node list --limit 0 --sort name:desc --fields name`;
    expect(await named(byName)).toEqual(names.toReversed());
    const byState = await named(baremetal.json`node list --limit 0 --sort provision_state:asc`);
    expect(byState.slice(0, 3)).toEqual(['n11', 'n10', 'n01']);
  });

  it.concurrent('is listed with the fields that are asked for', async () => {
    expect(await baremetal.json`node list --limit 1 --fields uuid name conductor chassis_uuid`).toEqual([
      { uuid: nodes[0]!.uuid, name: 'n01', conductor: CONDUCTOR, chassis_uuid: null },
    ]);
  });

  it.concurrent('is listed with all that there is', async () => {
    const [node] = (await baremetal.json`node list --limit 1 --long`) as Record<string, unknown>[];
    expect(node).toMatchObject({ name: 'n01', description: 'spare parts', driver: 'fake-hardware', traits: [] });
    expect(Object.keys(node!).length).toBeGreaterThan(55);
  });

  describe('is filtered by', () => {
    const list = (...filter: string[]) => named(baremetal.json`node list --limit 0 ${filter} --fields name`);

    const filters: readonly (readonly [filter: readonly string[], found: readonly string[]])[] = [
      [['--provision-state', 'available'], ['n10']],
      [['--maintenance'], ['n03']],
      [['--no-maintenance'], without('n03')],
      [['--associated'], ['n07']],
      [['--unassociated'], without('n07')],
      [['--retired'], ['n12']],
      [['--no-retired'], without('n12')],
      [['--resource-class', 'gold'], ['n04']],
      [['--owner', 'alice'], ['n02']],
      [['--lessee', 'bob'], ['n03']],
      [['--instance-name', 'web-1'], ['n08']],
      [['--description-contains', 'parts'], ['n01']],
      [
        ['--shards', 'east', 'west'],
        ['n05', 'n06'],
      ],
      [['--unsharded'], without('n05', 'n06')],
      [['--driver', 'fake-hardware'], names],
      [['--conductor', CONDUCTOR], names],
      [['--conductor-group', ''], names],
      [['--fault', 'power failure'], []],
    ];
    for (const [filter, found] of filters)
      it.concurrent(filter.join(' '), async () => {
        expect(await list(...filter)).toEqual(found);
      });

    it.concurrent('the chassis', async () => {
      expect(await list('--chassis', chassis)).toEqual(['n02']);
    });

    it.concurrent('several things at once', async () => {
      const found = baremetal.json`node list --limit 0 --provision-state enroll --no-maintenance --unassociated
        --no-retired --sharded --driver fake-hardware --fields name`;
      expect(await named(found)).toEqual(['n05', 'n06']);
    });
  });

  it.concurrent('is not listed by what there is not', async () => {
    expect(await baremetal.refused`node list --provision-state nosuch`).toMatch(
      /^Provision state "nosuch" is not valid \(HTTP 400\)/,
    );
    expect(await baremetal.refused`node list --marker c0ffee00-0000-4000-8000-00000000dead`).toMatch(
      /marker c0ffee00-0000-4000-8000-00000000dead could not be found.*HTTP 400/,
    );
  });
});
