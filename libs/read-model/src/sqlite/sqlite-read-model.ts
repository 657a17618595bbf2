import type Database from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import type { RecordedEvent } from '#domain';
import { ChassisQueries } from '../chassis/chassis-queries.js';
import { ConductorQueries } from '../conductor/conductor-queries.js';
import { HistoryQueries } from '../history/history-queries.js';
import { NodeQueries } from '../node/node-queries.js';
import { OpenWorkQueries } from '../open-work/open-work-queries.js';
import { PortQueries } from '../port/port-queries.js';
import type { ProjectionSource } from './projection.js';
import { Projection } from './projection.js';
import type { ReadModel } from '../read-model.js';
import { openDataSource } from './data-source.js';
import type { SqliteHotReads } from './hot-reads.js';
import { sqliteHotReads } from './hot-reads.js';
import { openRows } from './open.js';

/** The read side of one process: rows in an SQLite file, written by the projection, asked by the queries. */
export class SqliteReadModel implements ReadModel {
  readonly nodes: NodeQueries<SqliteHotReads>;
  /** Nodes that are in one of the states. */
  readonly nodesIn: (states: readonly string[]) => number;
  readonly ports: PortQueries;
  readonly history: HistoryQueries;
  readonly chassis: ChassisQueries;
  readonly conductors: ConductorQueries;
  readonly openWork: OpenWorkQueries;
  readonly #projection: Projection;

  private constructor(
    private readonly source: DataSource,
    private readonly database: Database.Database,
    events: ProjectionSource,
  ) {
    const hot = sqliteHotReads(database);
    this.nodes = new NodeQueries(source, hot);
    this.nodesIn = hot.count;
    this.ports = new PortQueries(source);
    this.history = new HistoryQueries(source);
    this.chassis = new ChassisQueries(source);
    this.conductors = new ConductorQueries(source);
    this.openWork = new OpenWorkQueries(source);
    this.#projection = new Projection(database, events);
  }

  static async open(path: string, events: ProjectionSource): Promise<SqliteReadModel> {
    const source = await openDataSource(path);
    return new SqliteReadModel(source, openRows(path), events);
  }

  /** Everything up to this position is in the rows. */
  get position(): number {
    return this.#projection.position;
  }

  /** Id of the event at the checkpoint; empty before the first. */
  get lastEventId(): string {
    return this.database.prepare(`SELECT event_id FROM checkpoints WHERE projection = 'all'`).pluck().get() as string;
  }

  apply(events: readonly RecordedEvent[]): void {
    this.#projection.apply(events);
  }

  async close(): Promise<void> {
    if (this.database.open) this.database.close();
    if (this.source.isInitialized) await this.source.destroy();
  }
}
