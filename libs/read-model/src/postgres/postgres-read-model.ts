import { DataSource } from 'typeorm';
import type { Pool } from '#postgres';
import { ask, poolSettings } from '#postgres';
import { ChassisQueries } from '../chassis/chassis-queries.js';
import { ConductorQueries } from '../conductor/conductor-queries.js';
import { HistoryQueries } from '../history/history-queries.js';
import type { HotReads, NodeText } from '../node/node-queries.js';
import { hotColumns, NodeQueries } from '../node/node-queries.js';
import { OpenWorkQueries } from '../open-work/open-work-queries.js';
import { PortQueries } from '../port/port-queries.js';
import type { ReadModel } from '../read-model.js';
import { entities } from '../schema/entities.js';
import { schemaOf } from './generations.js';

const CONNECTIONS = 8;

/** The rows of one generation, asked by the queries. Another process may be writing them. */
export class PostgresReadModel implements ReadModel {
  readonly nodes: NodeQueries;
  readonly ports: PortQueries;
  readonly history: HistoryQueries;
  readonly chassis: ChassisQueries;
  readonly conductors: ConductorQueries;
  readonly openWork: OpenWorkQueries;

  private constructor(
    private readonly source: DataSource,
    /** Of the generation. */
    readonly number: number,
    /** Told by who follows the projector. */
    public position: number,
  ) {
    this.nodes = new NodeQueries(source, hotReads(source, schemaOf(number)));
    this.ports = new PortQueries(source);
    this.history = new HistoryQueries(source);
    this.chassis = new ChassisQueries(source);
    this.conductors = new ConductorQueries(source);
    this.openWork = new OpenWorkQueries(source);
  }

  static async open(
    url: string,
    { number, position }: { readonly number: number; readonly position: number },
  ): Promise<PostgresReadModel> {
    const source = new DataSource({
      type: 'postgres',
      schema: schemaOf(number),
      entities,
      installExtensions: false,
      // An idle connection that breaks is taken out of the pool by itself; whoever asks next gets a new one.
      poolErrorHandler: () => undefined,
      extra: poolSettings({ url, name: 'ferrolog read model: queries', connections: CONNECTIONS }),
    });
    return new PostgresReadModel(await source.initialize(), number, position);
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }
}

/** Statements that the server keeps a plan of, on TypeORM's connections. */
const hotReads = (source: DataSource, schema: string): HotReads => {
  const { master: pool } = source.driver as unknown as { master: Pool };
  const row = async (name: string, column: string, value: string): Promise<NodeText | undefined> => {
    const text = `SELECT ${hotColumns} FROM ${schema}.nodes WHERE ${column} = $1`;
    return (await ask<NodeText>(pool, { name, text, values: [value] }, () => !source.isInitialized))[0];
  };
  return {
    byUuid: uuid => row('byUuid', 'uuid', uuid),
    byName: name => row('byName', 'name', name),
    async countByState() {
      const text = `SELECT provision_state, count(*) FROM ${schema}.nodes GROUP BY provision_state`;
      const rows = await ask<{ provision_state: string; count: number }>(pool, { text }, () => !source.isInitialized);
      return new Map(rows.map(({ provision_state, count }) => [provision_state, count]));
    },
  };
};
