import type Database from 'better-sqlite3';
import type { Chassis, ConductorRecord, Node } from '#domain';
import { KEPT_ENTRIES } from './history/history-entries.js';
import type { ReadBlob } from './blobs.js';
import { rowOf } from './node/node-row.js';
import { openWorkRow } from './open-work/open-work-row.js';
import { portChanges } from './port/port-rows.js';
import type { HistoryRow } from './schema/entities.js';

/** Prepared statements of the hot writer, in one transaction of the caller's. */
export class RowWriter {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(
    database: Database.Database,
    private readonly readBlob: ReadBlob,
  ) {
    this.#statements = prepare(database);
  }

  /** From the node as its rows are to the node as they shall be. */
  node(before: Node, after: Node): void {
    const statements = this.#statements;
    if (before.present && before.enrolledAt !== after.enrolledAt) {
      statements.deleteNode.run(before.enrolledAt);
      // A deleted node takes its history along, as Ironic's does: what happened stays in its stream.
      statements.deleteHistory.run(before.uuid);
    }
    if (after.present) statements.putNode.run(Object.values(rowOf(after, this.readBlob)));
    this.#ports(before, after);
    const open = openWorkRow(after);
    if (open) statements.putWork.run(Object.values(open));
    else if (before.present) statements.deleteWork.run(after.uuid);
  }

  /** Of one node, from its enrolment on. */
  wholeHistory(entries: readonly HistoryRow[]): void {
    for (const entry of entries.slice(-KEPT_ENTRIES)) this.#statements.putHistory.run(Object.values(entry));
  }

  history(entries: readonly HistoryRow[]): void {
    for (const entry of entries) this.#statements.putHistory.run(Object.values(entry));
    for (const uuid of new Set(entries.map(({ node_uuid }) => node_uuid)))
      this.#statements.trimHistory.run(uuid, uuid, KEPT_ENTRIES);
  }

  chassis(before: Chassis, after: Chassis): void {
    const { uuid, revision, description, extra, createdPosition, createdAt, updatedAt } = after;
    if (before.present && before.createdPosition !== createdPosition)
      this.#statements.deleteChassis.run(before.createdPosition);
    if (after.present)
      this.#statements.putChassis.run(
        createdPosition,
        uuid,
        revision,
        description,
        JSON.stringify(extra),
        createdAt,
        updatedAt,
      );
  }

  conductor({ host, registered, createdPosition, createdAt }: ConductorRecord): void {
    if (!registered) return;
    const { conductorGroup, hardwareTypes, manifest, at } = registered;
    this.#statements.putConductor.run(
      createdPosition,
      host,
      conductorGroup,
      JSON.stringify(hardwareTypes),
      JSON.stringify(manifest),
      createdAt,
      at,
    );
  }

  #ports(before: Node, after: Node): void {
    const { written, removed } = portChanges(before, after);
    for (const id of removed) this.#statements.deletePort.run(id);
    for (const row of written) this.#statements.putPort.run(Object.values(row));
  }
}

const prepare = (database: Database.Database) => {
  const columns: Readonly<Record<string, string>> = {
    nodes:
      'id, uuid, revision, name, instance_uuid, provision_state, maintenance, driver, conductor_group, resource_class, ' +
      'power_state, fault, owner, lessee, shard, retired, parent_node, chassis_uuid, instance_name, description, ' +
      'created_at, updated_at, provision_updated_at, brief, sealed, text, offsets',
    ports:
      'id, uuid, address, name, node_uuid, pxe_enabled, physical_network, portgroup_uuid, is_smartnic, description, ' +
      'vendor, category, created_at, updated_at, text, offsets',
    node_history:
      'id, uuid, node_uuid, created_at, severity, event_type, event, conductor, user, project, state, ' +
      'target_provision_state, duration_seconds',
    chassis: 'id, uuid, revision, description, extra, created_at, updated_at',
    conductors: 'id, hostname, conductor_group, drivers, manifest, created_at, updated_at',
    open_work: 'node_uuid, conductor_group, hardware_type, kind, epoch, deadline',
  };
  /** Takes the values in the order of the columns above: that in which the row functions build their objects. */
  const put = (table: string, key = 'id') => {
    const names = columns[table]!.split(', ');
    const updates = names.filter(name => name !== key).map(name => `${name} = excluded.${name}`);
    return database.prepare(
      `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')}) ` +
        `ON CONFLICT (${key}) DO UPDATE SET ${updates.join(', ')}`,
    );
  };
  return {
    putNode: put('nodes'),
    deleteNode: database.prepare('DELETE FROM nodes WHERE id = ?'),
    putPort: put('ports'),
    deletePort: database.prepare('DELETE FROM ports WHERE id = ?'),
    putHistory: put('node_history'),
    trimHistory: database.prepare(
      `DELETE FROM node_history WHERE node_uuid = ? AND id <=
         (SELECT id FROM node_history WHERE node_uuid = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    ),
    deleteHistory: database.prepare('DELETE FROM node_history WHERE node_uuid = ?'),
    putChassis: put('chassis'),
    deleteChassis: database.prepare('DELETE FROM chassis WHERE id = ?'),
    putConductor: put('conductors'),
    putWork: put('open_work', 'node_uuid'),
    deleteWork: database.prepare('DELETE FROM open_work WHERE node_uuid = ?'),
  };
};
