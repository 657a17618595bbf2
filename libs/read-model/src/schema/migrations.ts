import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { Dialect } from './dialect.js';
import { sqlite } from './dialect.js';

/** Version of what projections write. Another one makes an old read model useless: it is built anew. */
export const READ_MODEL_VERSION = 2;

/** A row keeps its serialised JSON (`text`, `offsets`) beside the columns that lists filter and sort by. */
export const tables = ({ types: { integer, text, blob }, keyedByText }: Dialect): string[] => [
  `CREATE TABLE nodes (
    id ${integer} PRIMARY KEY,
    uuid ${text} NOT NULL,
    revision ${integer} NOT NULL,
    name ${text},
    instance_uuid ${text},
    provision_state ${text} NOT NULL,
    maintenance ${integer} NOT NULL,
    driver ${text} NOT NULL,
    conductor_group ${text} NOT NULL,
    resource_class ${text},
    power_state ${text},
    fault ${text},
    owner ${text},
    lessee ${text},
    shard ${text},
    retired ${integer} NOT NULL,
    parent_node ${text},
    chassis_uuid ${text},
    instance_name ${text},
    description ${text},
    created_at ${text} NOT NULL,
    updated_at ${text},
    provision_updated_at ${text},
    brief ${text} NOT NULL,
    sealed ${integer} NOT NULL,
    offsets ${blob} NOT NULL,
    text ${text} NOT NULL
  )`,
  'CREATE UNIQUE INDEX nodes_by_uuid ON nodes (uuid)',
  'CREATE INDEX nodes_by_name ON nodes (name)',
  'CREATE INDEX nodes_by_instance ON nodes (instance_uuid)',
  'CREATE INDEX nodes_by_provision_state ON nodes (provision_state)',
  `CREATE TABLE ports (
    id ${integer} PRIMARY KEY,
    uuid ${text} NOT NULL,
    address ${text} NOT NULL,
    name ${text},
    node_uuid ${text} NOT NULL,
    pxe_enabled ${integer} NOT NULL,
    physical_network ${text},
    portgroup_uuid ${text},
    is_smartnic ${integer} NOT NULL,
    description ${text},
    vendor ${text},
    category ${text},
    created_at ${text} NOT NULL,
    updated_at ${text},
    offsets ${blob} NOT NULL,
    text ${text} NOT NULL
  )`,
  // Uniqueness is the reservations' work; within one batch a value may leave one row after it came to another.
  'CREATE INDEX ports_by_uuid ON ports (uuid)',
  'CREATE INDEX ports_by_address ON ports (address)',
  'CREATE INDEX ports_by_node ON ports (node_uuid)',
  `CREATE TABLE node_history (
    id ${integer} PRIMARY KEY,
    uuid ${text} NOT NULL,
    node_uuid ${text} NOT NULL,
    created_at ${text} NOT NULL,
    severity ${text} NOT NULL,
    event_type ${text} NOT NULL,
    event ${text} NOT NULL,
    conductor ${text},
    "user" ${text},
    project ${text},
    state ${text},
    target_provision_state ${text},
    duration_seconds ${integer}
  )`,
  'CREATE INDEX node_history_by_node ON node_history (node_uuid, id)',
  `CREATE TABLE chassis (
    id ${integer} PRIMARY KEY,
    uuid ${text} NOT NULL,
    revision ${integer} NOT NULL,
    description ${text},
    extra ${text} NOT NULL,
    created_at ${text} NOT NULL,
    updated_at ${text}
  )`,
  'CREATE UNIQUE INDEX chassis_by_uuid ON chassis (uuid)',
  `CREATE TABLE conductors (
    id ${integer} PRIMARY KEY,
    hostname ${text} NOT NULL,
    conductor_group ${text} NOT NULL,
    drivers ${text} NOT NULL,
    manifest ${text} NOT NULL,
    created_at ${text} NOT NULL,
    updated_at ${text} NOT NULL
  )`,
  'CREATE UNIQUE INDEX conductors_by_hostname ON conductors (hostname)',
  `CREATE TABLE open_work (
    node_uuid ${text} PRIMARY KEY,
    conductor_group ${text} NOT NULL,
    hardware_type ${text} NOT NULL,
    kind ${text} NOT NULL,
    epoch ${integer},
    deadline ${text}
  )${keyedByText}`,
];

/** SQLite's place of the projection; PostgreSQL keeps it with the generations, where readers look. */
const checkpoints =
  'CREATE TABLE checkpoints (projection TEXT PRIMARY KEY, position INTEGER NOT NULL, event_id TEXT NOT NULL) WITHOUT ROWID';

export class CreateReadModel1 implements MigrationInterface {
  readonly name = 'CreateReadModel1763000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables(sqlite), checkpoints]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['nodes', 'ports', 'node_history', 'chassis', 'conductors', 'open_work', 'checkpoints'])
      await runner.query(`DROP TABLE ${table}`);
  }
}
