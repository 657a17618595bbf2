import type { Node } from '#domain';
import { briefNode, holdsSealed, masked, nodeRow } from '#ironic';
import type { ReadBlob } from '../blobs.js';
import { withBlobs } from '../blobs.js';
import type { NodeRow } from '../schema/entities.js';

/** The row of a node: all that lists filter by, and its JSON. */
export const rowOf = (node: Node, readBlob: ReadBlob): NodeRow => {
  const whole = withBlobs(node, readBlob);
  const { attributes } = whole;
  return {
    id: node.enrolledAt,
    uuid: node.uuid,
    revision: node.revision,
    name: attributes.name,
    instance_uuid: attributes.instance_uuid,
    provision_state: node.provisionState,
    maintenance: node.maintenance ? 1 : 0,
    driver: attributes.driver,
    conductor_group: attributes.conductor_group,
    resource_class: attributes.resource_class,
    power_state: node.power.state,
    fault: node.fault,
    owner: attributes.owner,
    lessee: attributes.lessee,
    shard: attributes.shard,
    retired: node.retirement ? 1 : 0,
    parent_node: attributes.parent_node,
    chassis_uuid: attributes.chassis_uuid,
    instance_name: attributes.instance_name,
    description: attributes.description,
    created_at: node.createdAt ?? '',
    updated_at: node.updatedAt,
    provision_updated_at: node.provisionUpdatedAt,
    brief: briefNode(node),
    sealed: holdsSealed(masked(attributes.driver_info)) || holdsSealed(masked(attributes.instance_info)) ? 1 : 0,
    ...nodeRow(whole),
  };
};
