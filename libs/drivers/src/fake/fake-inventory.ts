import type { Bag, Node } from '#domain';

/** What inspection of a fake machine finds: its own properties and ports, in the shape of an agent's inventory. */
export const fakeInventory = (node: Node): { readonly inventory: Bag; readonly properties: Bag } => {
  const { properties } = node.attributes;
  const number = (name: string, otherwise: number) => Number(properties[name] ?? otherwise);
  const memoryMb = number('memory_mb', 8192);
  const localGb = number('local_gb', 40);
  const architecture = String(properties.cpu_arch ?? 'x86_64');
  const interfaces = Object.values(node.ports).map(({ address }, index) => ({
    name: `eth${index}`,
    mac_address: address,
    ipv4_address: null,
    ipv6_address: null,
    has_carrier: true,
    lldp: null,
    vendor: '0x1af4',
    product: '0x0001',
    client_id: null,
    biosdevname: null,
    speed_mbps: 10_000,
    pci_address: `0000:00:0${index + 3}.0`,
    driver: 'fake',
  }));
  const disk = {
    name: '/dev/sda',
    model: 'FAKE DISK',
    size: localGb * 2 ** 30,
    rotational: false,
    wwn: null,
    serial: `FAKE-${node.uuid.slice(0, 8)}`,
    vendor: 'FERROLOG',
    wwn_with_extension: null,
    wwn_vendor_extension: null,
    hctl: '0:0:0:0',
    by_path: null,
    logical_sectors: null,
    physical_sectors: null,
    tran: 'sata',
  };
  const inventory = {
    interfaces,
    cpu: {
      model_name: 'Fake CPU',
      frequency: null,
      count: number('cpus', 4),
      architecture,
      flags: [],
      socket_count: 1,
    },
    disks: [disk],
    memory: { total: memoryMb * 2 ** 20, physical_mb: memoryMb },
    bmc_address: null,
    bmc_v6address: null,
    bmc_mac: null,
    system_vendor: {
      product_name: 'Fake machine',
      serial_number: node.uuid.slice(0, 8),
      manufacturer: 'Ferrolog',
      firmware: { vendor: 'Ferrolog', version: '1.0', build_date: '2026-01-01' },
    },
    boot: { current_boot_mode: node.boot.mode ?? 'uefi', pxe_interface: interfaces[0]?.mac_address ?? null },
    hostname: node.attributes.name,
  };
  const macs = interfaces.map(({ mac_address }) => mac_address);
  const pluginData = {
    all_interfaces: Object.fromEntries(interfaces.map(each => [each.name, each])),
    valid_macs: macs,
  };
  return {
    inventory: { inventory, plugin_data: pluginData },
    properties: { cpu_arch: architecture, cpus: String(number('cpus', 4)), memory_mb: memoryMb, local_gb: localGb },
  };
};
