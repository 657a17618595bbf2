import type { ChassisRow, ConductorRow, HistoryRow, NodeRow, OpenWorkRow, PortRow } from './entities.js';

export interface RowsOfTables {
  readonly nodes: NodeRow;
  readonly ports: PortRow;
  readonly node_history: HistoryRow;
  readonly chassis: ChassisRow;
  readonly conductors: ConductorRow;
  readonly open_work: OpenWorkRow;
}

export type Table = keyof RowsOfTables;

/** In the order in which the functions that make rows build their objects. The first is the key. */
export const columnsOf: Readonly<Record<Table, readonly string[]>> = {
  nodes: [
    'id', 'uuid', 'revision', 'name', 'instance_uuid', 'provision_state', 'maintenance', 'driver', 'conductor_group',
    'resource_class', 'power_state', 'fault', 'owner', 'lessee', 'shard', 'retired', 'parent_node', 'chassis_uuid',
    'instance_name', 'description', 'created_at', 'updated_at', 'provision_updated_at', 'brief', 'sealed', 'text',
    'offsets',
  ],
  ports: [
    'id', 'uuid', 'address', 'name', 'node_uuid', 'pxe_enabled', 'physical_network', 'portgroup_uuid', 'is_smartnic',
    'description', 'vendor', 'category', 'created_at', 'updated_at', 'text', 'offsets',
  ],
  node_history: [
    'id', 'uuid', 'node_uuid', 'created_at', 'severity', 'event_type', 'event', 'conductor', 'user', 'project',
    'state', 'target_provision_state', 'duration_seconds',
  ],
  chassis: ['id', 'uuid', 'revision', 'description', 'extra', 'created_at', 'updated_at'],
  conductors: ['id', 'hostname', 'conductor_group', 'drivers', 'manifest', 'created_at', 'updated_at'],
  open_work: ['node_uuid', 'conductor_group', 'hardware_type', 'kind', 'epoch', 'deadline'],
}; // prettier-ignore
