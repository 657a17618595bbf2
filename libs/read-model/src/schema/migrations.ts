import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Version of what projections write. Another one makes an old read model useless: it is built anew. */
export const READ_MODEL_VERSION = 2;

/** A row keeps its serialised JSON (`text`, `offsets`) beside the columns that lists filter and sort by. */
export class CreateReadModel1 implements MigrationInterface {
  readonly name = 'CreateReadModel1763000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['nodes', 'ports', 'node_history', 'chassis', 'conductors', 'open_work', 'checkpoints'])
      await runner.query(`DROP TABLE ${table}`);
  }
}

const tables = [
  `CREATE TABLE nodes (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL,
    revision INTEGER NOT NULL,
    name TEXT,
    instance_uuid TEXT,
    provision_state TEXT NOT NULL,
    maintenance INTEGER NOT NULL,
    driver TEXT NOT NULL,
    conductor_group TEXT NOT NULL,
    resource_class TEXT,
    power_state TEXT,
    fault TEXT,
    owner TEXT,
    lessee TEXT,
    shard TEXT,
    retired INTEGER NOT NULL,
    parent_node TEXT,
    chassis_uuid TEXT,
    instance_name TEXT,
    description TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT,
    provision_updated_at TEXT,
    brief TEXT NOT NULL,
    sealed INTEGER NOT NULL,
    offsets BLOB NOT NULL,
    text TEXT NOT NULL
  )`,
  'CREATE UNIQUE INDEX nodes_by_uuid ON nodes (uuid)',
  'CREATE INDEX nodes_by_name ON nodes (name)',
  'CREATE INDEX nodes_by_instance ON nodes (instance_uuid)',
  'CREATE INDEX nodes_by_provision_state ON nodes (provision_state)',
  `CREATE TABLE ports (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL,
    address TEXT NOT NULL,
    name TEXT,
    node_uuid TEXT NOT NULL,
    pxe_enabled INTEGER NOT NULL,
    physical_network TEXT,
    portgroup_uuid TEXT,
    is_smartnic INTEGER NOT NULL,
    description TEXT,
    vendor TEXT,
    category TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT,
    offsets BLOB NOT NULL,
    text TEXT NOT NULL
  )`,
  // Uniqueness is the reservations' work; within one batch a value may leave one row after it came to another.
  'CREATE INDEX ports_by_uuid ON ports (uuid)',
  'CREATE INDEX ports_by_address ON ports (address)',
  'CREATE INDEX ports_by_node ON ports (node_uuid)',
  `CREATE TABLE node_history (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL,
    node_uuid TEXT NOT NULL,
    created_at TEXT NOT NULL,
    severity TEXT NOT NULL,
    event_type TEXT NOT NULL,
    event TEXT NOT NULL,
    conductor TEXT,
    user TEXT,
    project TEXT,
    state TEXT,
    target_provision_state TEXT,
    duration_seconds INTEGER
  )`,
  'CREATE INDEX node_history_by_node ON node_history (node_uuid, id)',
  `CREATE TABLE chassis (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL,
    revision INTEGER NOT NULL,
    description TEXT,
    extra TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT
  )`,
  'CREATE UNIQUE INDEX chassis_by_uuid ON chassis (uuid)',
  `CREATE TABLE conductors (
    id INTEGER PRIMARY KEY,
    hostname TEXT NOT NULL,
    conductor_group TEXT NOT NULL,
    drivers TEXT NOT NULL,
    manifest TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  )`,
  'CREATE UNIQUE INDEX conductors_by_hostname ON conductors (hostname)',
  `CREATE TABLE open_work (
    node_uuid TEXT PRIMARY KEY,
    conductor_group TEXT NOT NULL,
    hardware_type TEXT NOT NULL,
    kind TEXT NOT NULL,
    epoch INTEGER,
    deadline TEXT
  ) WITHOUT ROWID`,
  'CREATE TABLE checkpoints (projection TEXT PRIMARY KEY, position INTEGER NOT NULL, event_id TEXT NOT NULL) WITHOUT ROWID',
];
