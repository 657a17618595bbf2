import type { Bag, Node } from '#domain';
import { isSealed } from '#domain';
import type { Effect } from '../hardware-type.js';

/** How agents erase disks: in the node that they are sent, by Ironic's names and with its defaults (Ironic, deployment). */
const erasing: Bag = {
  agent_erase_devices_iterations: 1,
  agent_erase_devices_zeroize: true,
  agent_enable_ata_secure_erase: true,
  agent_enable_nvme_secure_erase: true,
  agent_continue_if_secure_erase_failed: false,
  agent_continue_if_ata_erase_failed: false,
  agent_erase_skip_read_only: false,
  disk_erasure_concurrency: 4,
};

/** The node and its ports as agents get them with every command: as Ironic's API shows them, without any secret. */
export const nodeForAgent = ({ node, driverInfo, instanceInfo }: Effect): { node: Bag; ports: Bag[] } => {
  const { attributes } = node;
  return {
    node: {
      uuid: node.uuid,
      name: attributes.name,
      driver: attributes.driver,
      properties: attributes.properties,
      extra: attributes.extra,
      driver_info: open(attributes.driver_info, driverInfo),
      instance_info: open(attributes.instance_info, instanceInfo),
      instance_uuid: attributes.instance_uuid,
      resource_class: attributes.resource_class,
      driver_internal_info: {
        ...erasing,
        is_whole_disk_image: isWholeDisk(instanceInfo),
        clean_steps: null,
        agent_url: node.agent?.connected?.callbackUrl ?? null,
      },
      provision_state: node.provisionState,
      target_provision_state: node.targetProvisionState,
      power_state: node.power.state,
      maintenance: node.maintenance !== null,
      raid_config: node.raid.actual,
      target_raid_config: node.raid.target,
      deploy_interface: attributes.deploy_interface,
      raid_interface: attributes.raid_interface,
    },
    ports: portsOf(node),
  };
};

/** Values that are sealed in the record are secrets: they stay here. */
const open = (recorded: Bag, plain: Bag): Bag =>
  Object.fromEntries(Object.entries(plain).filter(([name]) => !isSealed(recorded[name])));

const portsOf = ({ ports }: Node): Bag[] =>
  Object.values(ports).map(({ uuid, address, attributes }) => ({ uuid, address, ...attributes }));

/** A partition image comes with a kernel and a ramdisk, or says so (Ironic, deployment). */
export const isWholeDisk = ({ image_type, kernel, ramdisk }: Bag): boolean =>
  image_type === undefined || image_type === null ? !(kernel && ramdisk) : image_type !== 'partition';
