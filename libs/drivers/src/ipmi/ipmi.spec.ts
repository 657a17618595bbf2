import { describe, expect, it } from '@jest/globals';
import type { Bag, InterfaceType, Node } from '#domain';
import { interfaceTypes, resolveInterfaces } from '#domain';
import { aNode } from '../contracts/an-effect.js';
import { Drivers } from '../drivers.js';
import { FakeMemory } from '../fake/fake-machine.js';
import { FleetCatalog } from '../fleet-catalog.js';
import { hardwareTypes } from '../hardware-types.js';

const fleet = (ipmiFakeDeploy: boolean) => {
  const drivers = new Drivers(hardwareTypes({ hardwareTypes: ['ipmi'], ipmiFakeDeploy }, new FakeMemory()));
  const [manifest] = drivers.manifests();
  const catalog = new FleetCatalog();
  catalog.put({ host: 'a', conductorGroup: '', manifests: [manifest!] });
  const enrolled = (given: Bag = {}, driver_info: Bag = { ipmi_address: '192.0.2.7' }): Node =>
    aNode({}, { driver: 'ipmi', driver_info, ...resolveInterfaces(given, manifest!) });
  const refusals = (node: Node) =>
    Object.fromEntries(
      interfaceTypes.map(type => [type, catalog.refusal(node, type)]).filter(([, reason]) => reason !== undefined),
    ) as Partial<Record<InterfaceType, string>>;
  return { manifest: manifest!, enrolled, refusals };
};

const MISSING = expect.stringContaining('not supported');
const absent = {
  bios: MISSING,
  console: MISSING,
  firmware: MISSING,
  inspect: MISSING,
  raid: MISSING,
  rescue: MISSING,
};

describe('The hardware type ipmi', () => {
  it('gives a node without wishes interfaces that say why it cannot be deployed', () => {
    const { enrolled, refusals } = fleet(false);
    const node = enrolled();
    expect(node.attributes).toMatchObject({
      bios_interface: 'no-bios',
      boot_interface: 'ipxe',
      console_interface: 'no-console',
      deploy_interface: 'direct',
      firmware_interface: 'no-firmware',
      inspect_interface: 'no-inspect',
      management_interface: 'ipmitool',
      network_interface: 'flat',
      power_interface: 'ipmitool',
      raid_interface: 'no-raid',
      rescue_interface: 'no-rescue',
      storage_interface: 'noop',
      vendor_interface: 'ipmitool',
    });
    expect(refusals(node)).toEqual({
      ...absent,
      boot: expect.stringContaining('no boot services'),
      deploy: expect.stringContaining('no boot services'),
    });
  });

  it('takes a node the way Metal3 enrols one', () => {
    const { enrolled } = fleet(false);
    const wishes = { boot_interface: 'ipxe', inspect_interface: 'agent', raid_interface: 'no-raid' };
    const driver_info = {
      ipmi_address: '192.0.2.7',
      ipmi_port: '6230',
      ipmi_username: 'admin',
      ipmi_password: { $sealed: 'v1.AAAA' },
      ipmi_priv_level: 'ADMINISTRATOR',
    };
    expect(enrolled(wishes, driver_info).attributes).toMatchObject(wishes);
  });

  it('can deploy a node where the fake deployment is switched on, and only there', () => {
    const { enrolled, refusals } = fleet(true);
    const node = enrolled();
    expect(node.attributes).toMatchObject({ boot_interface: 'fake', deploy_interface: 'fake' });
    expect(refusals(node)).toEqual(absent);
    expect(refusals(enrolled({ boot_interface: 'ipxe' }))).toMatchObject({
      boot: expect.stringContaining('no boot services'),
    });
    expect(() => fleet(false).enrolled({ deploy_interface: 'fake' })).toThrow('Valid interfaces are ["direct",');
  });

  it('says what is wrong with driver_info, for each interface that reads it', () => {
    const { enrolled, refusals } = fleet(true);
    const refused = (driverInfo: Bag) => refusals(enrolled({}, driverInfo));
    const bridged = refused({ ipmi_address: '192.0.2.7', ipmi_bridging: 'dual' });
    for (const type of ['power', 'management', 'vendor'] as const) {
      expect(refused({})[type]).toBe("driver_info must have 'ipmi_address'");
      expect(bridged[type]).toBe(
        'driver_info ipmi_bridging must be "no": single and dual bridging are not supported here',
      );
    }
  });

  it('lists the keys that it reads, and has no secret among the public ones', () => {
    const { manifest } = fleet(false);
    const properties = Object.assign(
      {},
      ...interfaceTypes.flatMap(type => manifest.interfaces[type]).map(i => i.properties),
    ) as Bag;
    expect(properties).toMatchObject({
      ipmi_address: expect.stringContaining('Required'),
      ipmi_password: expect.any(String),
      ipmi_force_boot_device: expect.any(String),
    });
    const isPublic = (name: string) => manifest.publicKeys.includes(name);
    expect(
      Object.keys(properties)
        .filter(name => name.startsWith('ipmi_') && !isPublic(name))
        .sort(),
    ).toEqual(['ipmi_hex_kg_key', 'ipmi_password']);
  });
});
