import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CONDUCTOR, startFerrolog, type FerrologProcess } from './ferrolog-process.js';
import { baremetalClient, type StockClient } from './stock-client.js';

/** What an operator asks first: which machines can be driven, and by whom. */
describe('drivers and conductors', () => {
  let server: FerrologProcess;
  let baremetal: StockClient;
  beforeAll(async () => {
    server = await startFerrolog();
    baremetal = baremetalClient(server.url);
  });
  afterAll(() => server.stop());

  it.concurrent('lists the drivers with the conductors that have them', async () => {
    expect(await baremetal.json`driver list`).toEqual([{ name: 'fake-hardware', hosts: CONDUCTOR }]);
  });

  it.concurrent('shows the interfaces of a driver', async () => {
    expect(await baremetal.json`driver show fake-hardware`).toMatchObject({
      name: 'fake-hardware',
      type: 'dynamic',
      hosts: CONDUCTOR,
      default_deploy_interface: 'fake',
      default_storage_interface: 'noop',
      enabled_network_interfaces: 'flat, noop',
      enabled_rescue_interfaces: 'fake, no-rescue, agent',
      enabled_firmware_interfaces: 'fake, no-firmware',
    });
  });

  it.concurrent('lists all drivers with their interfaces', async () => {
    expect(await baremetal.json`driver list --long`).toEqual([
      expect.objectContaining({ name: 'fake-hardware', type: 'dynamic', default_bios_interface: 'fake' }),
    ]);
  });

  it.concurrent('describes what a driver takes as driver_info', async () => {
    const properties = (await baremetal.json`driver property list fake-hardware`) as Property[];
    expect(properties).toContainEqual({ property: 'B1', description: expect.stringMatching(/^B1 description/) });
    expect(properties.map(({ property }) => property)).toContain('fake_deploy_wait');
  });

  it.concurrent('describes the logical disks that a driver can make', async () => {
    const properties = (await baremetal.json`driver raid property list fake-hardware`) as Property[];
    expect(properties.map(({ property }) => property)).toEqual([
      'controller',
      'disk_type',
      'interface_type',
      'is_root_volume',
      'number_of_physical_disks',
      'physical_disks',
      'raid_level',
      'share_physical_disks',
      'size_gb',
      'volume_name',
    ]);
  });

  it.concurrent('has no vendor methods of a whole driver', async () => {
    expect(await baremetal.json`driver passthru list fake-hardware`).toEqual([]);
  });

  it.concurrent('lists the conductors', async () => {
    expect(await baremetal.json`conductor list`).toEqual([{ hostname: CONDUCTOR, conductor_group: '', alive: true }]);
    expect(await baremetal.json`conductor list --fields hostname drivers`).toEqual([
      { hostname: CONDUCTOR, drivers: ['fake-hardware'] },
    ]);
  });

  it.concurrent('shows a conductor', async () => {
    expect(await baremetal.json`conductor show ${CONDUCTOR}`).toMatchObject({
      hostname: CONDUCTOR,
      alive: true,
      drivers: ['fake-hardware'],
    });
  });

  it.concurrent('knows no other drivers and conductors', async () => {
    const noDriver = /^Could not find the following driver\(s\) or hardware type\(s\): nosuch\. \(HTTP 404\)/;
    expect(await baremetal.refused`driver show nosuch`).toMatch(noDriver);
    expect(await baremetal.refused`driver property list nosuch`).toMatch(noDriver);
    expect(await baremetal.refused`conductor show nosuch`).toMatch(
      /^Conductor nosuch could not be found\. \(HTTP 404\)/,
    );
  });
});

interface Property {
  readonly property: string;
  readonly description: string;
}
