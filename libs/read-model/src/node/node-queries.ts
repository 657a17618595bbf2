import type { DataSource } from 'typeorm';
import type { PageRequest } from '../pages.js';
import { contains, isOneOf, paged } from '../pages.js';
import { dialectOf } from '../schema/dialect.js';
import type { NodeRow } from '../schema/entities.js';
import { nodes } from '../schema/entities.js';

/** Conditions that Ironic's lists of nodes know (Ironic API reference). What is undefined is not asked for. */
export interface NodeFilter {
  readonly instance_uuid?: string;
  readonly chassis_uuid?: string;
  readonly associated?: boolean;
  readonly maintenance?: boolean;
  readonly provision_state?: string | null;
  readonly driver?: string;
  readonly resource_class?: string;
  readonly fault?: string;
  readonly conductor_group?: string;
  readonly owner?: string;
  readonly lessee?: string;
  readonly project?: string;
  readonly description_contains?: string;
  readonly retired?: boolean;
  readonly shards?: readonly string[];
  readonly sharded?: boolean;
  readonly parent_node?: string;
  /** Nodes with a parent are hidden unless this or `parent_node` is given. */
  readonly include_children?: boolean;
  readonly instance_name?: string;
}

/** What an answer is put together from. */
export type NodeText = Pick<
  NodeRow,
  'uuid' | 'name' | 'conductor_group' | 'driver' | 'revision' | 'sealed' | 'text' | 'offsets'
>;
export type NodeBrief = Pick<NodeRow, 'uuid' | 'name' | 'brief'>;

const equal = [
  'instance_uuid', 'chassis_uuid', 'provision_state', 'driver', 'resource_class', 'fault', 'conductor_group', 'owner',
  'lessee', 'parent_node', 'instance_name',
] as const; // prettier-ignore
const columns = new Set<string>(nodes.options.columns ? Object.keys(nodes.options.columns) : []);

/**
 * The hot questions, asked of the same tables without the query builder's way around. A database in this process
 * answers them in the call.
 */
export interface HotReads {
  byUuid(uuid: string): NodeText | undefined | Promise<NodeText | undefined>;
  byName(name: string): NodeText | undefined | Promise<NodeText | undefined>;
  /** Numbers of nodes by provision state, for the states that any are in. */
  countByState(): NodeCounts | Promise<NodeCounts>;
}

export type NodeCounts = ReadonlyMap<string, number>;

export const hotColumns = 'uuid, name, conductor_group, driver, revision, sealed, text, offsets';

export class NodeQueries<Hot extends HotReads = HotReads> {
  readonly byUuid: Hot['byUuid'];
  readonly byName: Hot['byName'];
  readonly countByState: Hot['countByState'];

  constructor(
    private readonly source: DataSource,
    hot: Hot,
  ) {
    ({ byUuid: this.byUuid, byName: this.byName, countByState: this.countByState } = hot);
  }

  /** @throws MarkerMissing */
  async brief(filter: NodeFilter, page: PageRequest): Promise<NodeBrief[]> {
    return this.#list(['uuid', 'name', 'brief'], filter, page);
  }

  /** @throws MarkerMissing */
  async texts(filter: NodeFilter, page: PageRequest): Promise<NodeText[]> {
    return this.#list(
      ['uuid', 'name', 'conductor_group', 'driver', 'revision', 'sealed', 'text', 'offsets'],
      filter,
      page,
    );
  }

  /** Numbers of nodes by where their work goes. Looks at all of them. */
  async countByWork(): Promise<{ conductor_group: string; driver: string; nodes: number }[]> {
    const rows = await this.source
      .getRepository(nodes)
      .createQueryBuilder('row')
      .select('row.conductor_group', 'conductor_group')
      .addSelect('row.driver', 'driver')
      .addSelect('count(*)', 'nodes')
      .groupBy('row.conductor_group')
      .addGroupBy('row.driver')
      .getRawMany<{ conductor_group: string; driver: string; nodes: number | string }>();
    return rows.map(row => ({ ...row, nodes: Number(row.nodes) }));
  }

  async hasNodesIn(chassis: string): Promise<boolean> {
    return this.source.getRepository(nodes).existsBy({ chassis_uuid: chassis });
  }

  async childrenOf(uuid: string): Promise<string[]> {
    const rows = await this.source
      .getRepository(nodes)
      .find({ select: { uuid: true }, where: { parent_node: uuid }, order: { id: 'ASC' } });
    return rows.map(row => row.uuid);
  }

  async #list<Row>(names: string[], filter: NodeFilter, page: PageRequest): Promise<Row[]> {
    const query = this.source.getRepository(nodes).createQueryBuilder('row').select([]);
    for (const name of names) query.addSelect(`row.${name}`, name);
    for (const column of equal) {
      const value = filter[column];
      if (value === null) query.andWhere(`row.${column} IS NULL`);
      else if (value !== undefined) query.andWhere(`row.${column} = :${column}`, { [column]: value });
    }
    if (filter.maintenance !== undefined)
      query.andWhere('row.maintenance = :maintenance', { maintenance: Number(filter.maintenance) });
    if (filter.retired !== undefined) query.andWhere('row.retired = :retired', { retired: Number(filter.retired) });
    if (filter.associated !== undefined)
      query.andWhere(`row.instance_uuid IS ${filter.associated ? 'NOT NULL' : 'NULL'}`);
    if (filter.sharded !== undefined) query.andWhere(`row.shard IS ${filter.sharded ? 'NOT NULL' : 'NULL'}`);
    if (filter.shards) isOneOf(query, 'row.shard', 'shards', filter.shards);
    if (filter.project !== undefined)
      query.andWhere('(row.owner = :project OR row.lessee = :project)', { project: filter.project });
    if (filter.description_contains !== undefined) contains(query, 'row.description', filter.description_contains);
    if (filter.parent_node === undefined && !filter.include_children) query.andWhere('row.parent_node IS NULL');
    const ordered = await paged(query, page, { columns, member: dialectOf(this.source).member });
    return ordered.getRawMany<never>() as Promise<Row[]>;
  }
}
