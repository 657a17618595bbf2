import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFerrolog, type FerrologProcess } from './ferrolog-process.js';
import { ironicApi, type IronicApi } from './ironic-api.js';
import { baremetalClient, type StockClient } from './stock-client.js';

/** What belongs to nodes, and what nodes belong to. */
describe('ports and chassis', () => {
  let server: FerrologProcess;
  let baremetal: StockClient;
  let api: IronicApi;
  beforeAll(async () => {
    server = await startFerrolog();
    baremetal = baremetalClient(server.url);
    api = ironicApi(server.url, 'latest');
  });
  afterAll(() => server.stop());

  it.concurrent('a port, from its creation to its end', async () => {
    const { uuid: node } = await api.aNode('whole', 'enroll');
    const uuid = 'aaaaaaaa-0000-4000-8000-000000000001';
    const said = {
      uuid,
      address: '52:54:00:33:00:0a',
      node_uuid: node,
      name: 'left',
      extra: { slot: 1 },
      local_link_connection: { switch_id: '0a:1b:2c:3d:4e:5f', port_id: 'Eth1' },
      pxe_enabled: false,
      physical_network: 'rack',
      is_smartnic: false,
      vendor: 'acme',
      category: 'fast',
      portgroup_uuid: null,
      internal_info: {},
    };
    expect(
      await baremetal.json`port create 52:54:00:33:00:0A --node ${node} --uuid ${uuid} --name left --extra slot=1
        --local-link-connection switch_id=0a:1b:2c:3d:4e:5f --local-link-connection port_id=Eth1 --pxe-enabled false
        --physical-network rack --description ${'the left one'} --vendor acme --category fast`,
    ).toMatchObject(said);
    expect(await baremetal.json`port show left`).toMatchObject({ ...said, description: 'the left one' });
    expect(await baremetal.json`port show ${uuid}`).toMatchObject(said);
    expect(await baremetal.json`port show --address 52:54:00:33:00:0a`).toMatchObject(said);

    await baremetal.run`port set left --address 52:54:00:33:00:0b --name right --extra cable=red --pxe-enabled
      --physical-network other`;
    expect(await baremetal.json`port show right`).toMatchObject({
      address: '52:54:00:33:00:0b',
      extra: { slot: 1, cable: 'red' },
      pxe_enabled: true,
      physical_network: 'other',
      updated_at: expect.stringMatching(/^2/),
    });
    await baremetal.run`port unset right --extra slot --physical-network --description --vendor --category --name
      --local-link-connection switch_id --local-link-connection port_id`;
    expect(await baremetal.json`port show ${uuid}`).toMatchObject({
      extra: { cable: 'red' },
      physical_network: null,
      description: null,
      vendor: null,
      category: null,
      name: null,
      local_link_connection: {},
    });
    expect(await baremetal.run`port delete ${uuid}`).toBe(`Deleted port ${uuid}\n`);
    expect(await baremetal.refused`port show ${uuid}`).toMatch(`Port ${uuid} could not be found. (HTTP 404)`);
  });

  it.concurrent('ports in lists', async () => {
    const { uuid: node } = await api.aNode('listed', 'enroll');
    const { uuid: other } = await api.aNode('other', 'enroll');
    const addresses = ['52:54:00:44:00:01', '52:54:00:44:00:02', '52:54:00:44:00:03'];
    const uuids: string[] = [];
    for (const address of addresses)
      uuids.push((await api.ask<{ uuid: string }>('POST', '/v1/ports', { node_uuid: node, address })).uuid);
    await api.ask('POST', '/v1/ports', { node_uuid: other, address: '52:54:00:44:00:04' });

    const expected = addresses.map((address, index) => ({ uuid: uuids[index], address }));
    expect(await baremetal.json`port list --node listed`).toEqual(expected);
    expect(await baremetal.json`port list --node listed --sort address:desc`).toEqual(expected.toReversed());
    expect(await baremetal.json`port list --node listed --limit 1 --marker ${uuids[0]}`).toEqual([expected[1]]);
    expect(await baremetal.json`port list --address ${addresses[2]} --fields address node_uuid`).toEqual([
      { address: addresses[2], node_uuid: node },
    ]);
    expect(await baremetal.json`port list --node other --long`).toEqual([
      expect.objectContaining({ address: '52:54:00:44:00:04', node_uuid: other, pxe_enabled: true, extra: {} }),
    ]);
  });

  it.concurrent('ports are what no other port is', async () => {
    const { uuid: node } = await api.aNode('first', 'enroll');
    const { uuid: other } = await api.aNode('second', 'enroll');
    await api.ask('POST', '/v1/ports', { node_uuid: node, address: '52:54:00:55:00:01', name: 'taken' });
    for (const holder of [node, other]) {
      expect(await baremetal.refused`port create 52:54:00:55:00:01 --node ${holder}`).toMatch(
        /A port with MAC address 52:54:00:55:00:01 already exists\. \(HTTP 409\)/,
      );
      expect(await baremetal.refused`port create 52:54:00:55:00:02 --node ${holder} --name taken`).toMatch(/HTTP 409/);
    }
    expect(await baremetal.refused`port create nomac --node ${node}`).toMatch(/HTTP 400/);
    expect(await baremetal.refused`port create 52:54:00:55:00:02 --node nosuch`).toMatch(
      /^Node nosuch could not be found\. \(HTTP 400\)/,
    );
    expect(await baremetal.json`port list --node first`).toHaveLength(1);
  });

  it.concurrent('ports of a node in use stay as they are', async () => {
    const { uuid: node } = await api.aNode('used', 'manageable');
    const port = await api.ask<{ uuid: string }>('POST', '/v1/ports', {
      node_uuid: node,
      address: '52:54:00:66:00:01',
    });
    await api.provision('used', 'adopt', 'active');
    expect(await baremetal.refused`port set ${port.uuid} --address 52:54:00:66:00:02`).toMatch(/HTTP 409/);
    await baremetal.run`port set ${port.uuid} --extra note=fine`;
    await baremetal.run`node vif attach used vif-1`;
    expect(await baremetal.refused`port delete ${port.uuid}`).toMatch(/HTTP 409/);
    await baremetal.run`node maintenance set used`;
    await baremetal.run`port delete ${port.uuid}`;
    expect(await baremetal.json`port list --node used`).toEqual([]);
  });

  it.concurrent('a chassis, from its creation to its end', async () => {
    const uuid = 'cccccccc-0000-4000-8000-000000000001';
    await api.aNode('housed', 'enroll');
    expect(await baremetal.json`chassis create --uuid ${uuid} --description ${'rack 1'} --extra row=3`).toMatchObject({
      uuid,
      description: 'rack 1',
      extra: { row: 3 },
    });
    expect(await baremetal.json`chassis list`).toEqual([{ uuid, description: 'rack 1' }]);
    expect(await baremetal.json`chassis list --fields extra`).toEqual([{ extra: { row: 3 } }]);
    await baremetal.run`chassis set ${uuid} --description ${'rack 2'} --extra side=left`;
    await baremetal.run`chassis unset ${uuid} --extra row`;
    expect(await baremetal.json`chassis show ${uuid}`).toMatchObject({
      description: 'rack 2',
      extra: { side: 'left' },
    });

    await baremetal.run`node set housed --chassis-uuid ${uuid}`;
    expect(await baremetal.refused`chassis delete ${uuid}`).toMatch(/contains nodes\. \(HTTP 400\)/);
    await baremetal.run`node unset housed --chassis-uuid`;
    expect(await baremetal.run`chassis delete ${uuid}`).toBe(`Deleted chassis ${uuid}\n`);
    expect(await baremetal.refused`chassis show ${uuid}`).toMatch(`Chassis ${uuid} could not be found. (HTTP 404)`);
    expect(await baremetal.refused`node set housed --chassis-uuid ${uuid}`).toMatch(
      /could not be found\. \(HTTP 400\)/,
    );
  });
});
