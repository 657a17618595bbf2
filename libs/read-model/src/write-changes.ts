import type { Chassis, ConductorRecord, Node } from '#domain';
import type { ReadBlob } from './blobs.js';
import type { Changes } from './changes.js';
import { KEPT_ENTRIES } from './history/history-entries.js';
import { rowOf } from './node/node-row.js';
import { openWorkRow } from './open-work/open-work-row.js';
import { portChanges } from './port/port-rows.js';
import type { RowsOfTables, Table } from './schema/columns.js';
import type { ChassisRow, ConductorRow } from './schema/entities.js';

/**
 * Takes what changes in the tables, in one transaction of whoever made it. It may put off what it is told, as long as
 * it removes before it puts, and trims at the end: within one batch no row is put twice, and none that was removed.
 */
export interface RowSink {
  /** In the place of a row of the same key. The members are in the order of the columns. */
  put<T extends Table>(table: T, row: RowsOfTables[T]): void;
  remove(table: Exclude<Table, 'node_history'>, key: number | string): void;
  removeHistory(node: string): void;
  /** Leaves the newest {@link KEPT_ENTRIES} of the node. */
  trimHistory(node: string): void;
}

export const writeChanges = (changes: Changes, rows: RowSink, readBlob: ReadBlob): void => {
  writeEntities(changes, rows, readBlob);
  for (const entry of changes.history) rows.put('node_history', entry);
  for (const uuid of new Set(changes.history.map(({ node_uuid }) => node_uuid))) rows.trimHistory(uuid);
};

/** Of one stream from its first event on: there is nothing to trim. */
export const writeWholeStream = (changes: Changes, rows: RowSink, readBlob: ReadBlob): void => {
  writeEntities(changes, rows, readBlob);
  for (const entry of changes.history.slice(-KEPT_ENTRIES)) rows.put('node_history', entry);
};

const writeEntities = ({ nodes, chassis, conductors }: Changes, rows: RowSink, readBlob: ReadBlob): void => {
  for (const { before, after } of nodes) writeNode(rows, before, after, readBlob);
  for (const { before, after } of chassis) {
    if (before.present && before.createdPosition !== after.createdPosition)
      rows.remove('chassis', before.createdPosition);
    if (after.present) rows.put('chassis', chassisRow(after));
  }
  for (const { after } of conductors) {
    const row = conductorRow(after);
    if (row) rows.put('conductors', row);
  }
};

const writeNode = (rows: RowSink, before: Node, after: Node, readBlob: ReadBlob): void => {
  if (before.present && before.enrolledAt !== after.enrolledAt) {
    rows.remove('nodes', before.enrolledAt);
    // A deleted node takes its history along, as Ironic's does: what happened stays in its stream.
    rows.removeHistory(before.uuid);
  }
  if (after.present) rows.put('nodes', rowOf(after, readBlob));
  const { written, removed } = portChanges(before, after);
  for (const id of removed) rows.remove('ports', id);
  for (const row of written) rows.put('ports', row);
  const open = openWorkRow(after);
  if (open) rows.put('open_work', open);
  else if (before.present) rows.remove('open_work', after.uuid);
};

const chassisRow = (chassis: Chassis): ChassisRow => ({
  id: chassis.createdPosition,
  uuid: chassis.uuid,
  revision: chassis.revision,
  description: chassis.description,
  extra: JSON.stringify(chassis.extra),
  created_at: chassis.createdAt!,
  updated_at: chassis.updatedAt,
});

const conductorRow = ({ host, registered, createdPosition, createdAt }: ConductorRecord): ConductorRow | undefined =>
  registered
    ? {
        id: createdPosition,
        hostname: host,
        conductor_group: registered.conductorGroup,
        drivers: JSON.stringify(registered.hardwareTypes),
        manifest: JSON.stringify(registered.manifest),
        created_at: createdAt!,
        updated_at: registered.at,
      }
    : undefined;
