import { EntitySchema } from 'typeorm';

/** A row that keeps its serialised JSON. */
interface TextRow {
  id: number;
  uuid: string;
  offsets: Buffer;
  text: string;
}

export interface NodeRow extends TextRow {
  revision: number;
  name: string | null;
  instance_uuid: string | null;
  provision_state: string;
  maintenance: number;
  driver: string;
  conductor_group: string;
  resource_class: string | null;
  power_state: string | null;
  fault: string | null;
  owner: string | null;
  lessee: string | null;
  shard: string | null;
  retired: number;
  parent_node: string | null;
  chassis_uuid: string | null;
  instance_name: string | null;
  description: string | null;
  created_at: string;
  updated_at: string | null;
  provision_updated_at: string | null;
  brief: string;
  /** 1 when values in `text` are sealed that an answer shows in the clear. */
  sealed: number;
}

export interface PortRow extends TextRow {
  address: string;
  name: string | null;
  node_uuid: string;
  pxe_enabled: number;
  physical_network: string | null;
  portgroup_uuid: string | null;
  is_smartnic: number;
  description: string | null;
  vendor: string | null;
  category: string | null;
  created_at: string;
  updated_at: string | null;
}

export interface HistoryRow {
  id: number;
  uuid: string;
  node_uuid: string;
  created_at: string;
  severity: string;
  event_type: string;
  event: string;
  conductor: string | null;
  user: string | null;
  project: string | null;
  state: string | null;
  target_provision_state: string | null;
  duration_seconds: number | null;
}

export interface ChassisRow {
  id: number;
  uuid: string;
  revision: number;
  description: string | null;
  extra: string;
  created_at: string;
  updated_at: string | null;
}

export interface ConductorRow {
  id: number;
  hostname: string;
  conductor_group: string;
  /** JSON list of hardware types. */
  drivers: string;
  /** JSON of the reference to what the drivers offer. */
  manifest: string;
  created_at: string;
  updated_at: string;
}

export interface OpenWorkRow {
  node_uuid: string;
  conductor_group: string;
  hardware_type: string;
  kind: string;
  epoch: number | null;
  deadline: string | null;
}

/** By JavaScript's types: each database has its own for them. */
type Columns = Readonly<Record<string, typeof Number | typeof String>>;
/** Handed through as they are: TypeORM knows no name for bytes that all databases have. */
const Bytes = String;

/** Entities without classes: a column's name and type, `id` (or the first) as key. */
const entity = <Row extends object>(name: string, columns: Columns, key = 'id') =>
  new EntitySchema<Row>({
    name,
    tableName: name,
    columns: Object.fromEntries(
      Object.entries(columns).map(([column, type]) => [column, { type, primary: column === key, nullable: true }]),
    ) as never,
  });

const texts = (...names: string[]) => Object.fromEntries(names.map(name => [name, String]));
const integers = (...names: string[]) => Object.fromEntries(names.map(name => [name, Number]));

export const nodes = entity<NodeRow>('nodes', {
  ...integers('id', 'revision', 'maintenance', 'retired', 'sealed'),
  ...texts(
    'uuid',
    'name',
    'instance_uuid',
    'provision_state',
    'driver',
    'conductor_group',
    'resource_class',
    'power_state',
  ),
  ...texts('fault', 'owner', 'lessee', 'shard', 'parent_node', 'chassis_uuid', 'instance_name', 'description'),
  ...texts('created_at', 'updated_at', 'provision_updated_at', 'brief', 'text'),
  offsets: Bytes,
});
export const ports = entity<PortRow>('ports', {
  ...integers('id', 'pxe_enabled', 'is_smartnic'),
  ...texts('uuid', 'address', 'name', 'node_uuid', 'physical_network', 'portgroup_uuid', 'description', 'vendor'),
  ...texts('category', 'created_at', 'updated_at', 'text'),
  offsets: Bytes,
});
export const nodeHistory = entity<HistoryRow>('node_history', {
  ...integers('id', 'duration_seconds'),
  ...texts('uuid', 'node_uuid', 'created_at', 'severity', 'event_type', 'event', 'conductor', 'user', 'project'),
  ...texts('state', 'target_provision_state'),
});
export const chassis = entity<ChassisRow>('chassis', {
  ...integers('id', 'revision'),
  ...texts('uuid', 'description', 'extra', 'created_at', 'updated_at'),
});
export const conductors = entity<ConductorRow>('conductors', {
  ...integers('id'),
  ...texts('hostname', 'conductor_group', 'drivers', 'manifest', 'created_at', 'updated_at'),
});
export const openWork = entity<OpenWorkRow>(
  'open_work',
  { ...texts('node_uuid', 'conductor_group', 'hardware_type', 'kind', 'deadline'), ...integers('epoch') },
  'node_uuid',
);
export const entities = [nodes, ports, nodeHistory, chassis, conductors, openWork];
