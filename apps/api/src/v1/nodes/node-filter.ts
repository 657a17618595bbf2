import { isProvisionState } from '#domain';
import type { NodeFilter } from '#read-model';
import { badRequest } from '../../http/ironic-error.js';
import type { Query } from '../../http/queries.js';

const faults = ['power failure', 'clean failure', 'rescue abort failure', 'service failure'];

const defined = <T extends object>(filter: T): T =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as T;

/** Conditions of a list of nodes (Ironic API reference). */
export const nodeFilter = (query: Query): NodeFilter & { readonly conductor?: string } => {
  const provisionState = query.text('provision_state', 9);
  const fault = query.text('fault', 42);
  if (provisionState !== undefined && !isProvisionState(provisionState))
    throw badRequest(`Provision state "${provisionState}" is not valid`);
  if (fault !== undefined && !faults.includes(fault))
    throw badRequest(`Unrecognized fault type: ${fault}. Valid types are: ${faults.join(', ')}`);
  return defined({
    instance_uuid: query.uuid('instance_uuid'),
    chassis_uuid: query.uuid('chassis_uuid'),
    associated: query.boolean('associated'),
    maintenance: query.boolean('maintenance'),
    provision_state: provisionState,
    driver: query.text('driver', 16),
    resource_class: query.text('resource_class', 21),
    fault,
    conductor_group: query.text('conductor_group', 46)?.toLowerCase(),
    conductor: query.text('conductor', 49),
    owner: query.text('owner', 50),
    description_contains: query.text('description_contains'),
    retired: query.boolean('retired', 61),
    lessee: query.text('lessee', 65),
    project: query.text('project', 65),
    shards: query.list('shard', 82),
    sharded: query.boolean('sharded', 82),
    parent_node: query.text('parent_node', 83),
    include_children: query.boolean('include_children', 83),
    instance_name: query.text('instance_name', 104),
  }) as NodeFilter;
};

/** Fields that cannot be sorted by (Ironic API reference). */
const unsortable = new Set([
  'properties', 'driver_info', 'extra', 'instance_info', 'driver_internal_info', 'clean_step', 'deploy_step',
  'service_step', 'raid_config', 'target_raid_config', 'traits', 'network_data', 'links', 'ports', 'states', 'conductor',
]); // prettier-ignore
export const isSortableNodeField = (field: string): boolean => !unsortable.has(field);
