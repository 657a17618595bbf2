import type { DataSource } from 'typeorm';
import type { PageRequest } from '../pages.js';
import { contains, isOneOf, paged } from '../pages.js';
import { dialectOf } from '../schema/dialect.js';
import type { PortRow } from '../schema/entities.js';
import { nodes, ports } from '../schema/entities.js';

export interface PortFilter {
  readonly node_uuid?: string;
  readonly addresses?: readonly string[];
  readonly portgroup_uuid?: string;
  readonly description_contains?: string;
  readonly shards?: readonly string[];
  readonly conductor_groups?: readonly string[];
}

export type PortText = Pick<PortRow, 'uuid' | 'node_uuid' | 'text' | 'offsets'>;

const columns = new Set<string>(Object.keys(ports.options.columns));

export class PortQueries {
  constructor(private readonly source: DataSource) {}

  /** By uuid, MAC address or name. */
  async byIdent(ident: string): Promise<PortText | undefined> {
    const row = await this.source.getRepository(ports).findOne({
      where: [{ uuid: ident.toLowerCase() }, { address: ident.toLowerCase() }, { name: ident }],
    });
    return row ?? undefined;
  }

  /** Uuids of the nodes that own ports with these addresses. */
  async nodesWith(addresses: readonly string[]): Promise<string[]> {
    if (addresses.length === 0) return [];
    const rows = await this.source
      .getRepository(ports)
      .createQueryBuilder('row')
      .select('row.node_uuid', 'node_uuid')
      .distinct()
      .where('row.address IN (:...addresses)', { addresses })
      .getRawMany<{ node_uuid: string }>();
    return rows.map(({ node_uuid }) => node_uuid);
  }

  /** @throws MarkerMissing */
  async list(filter: PortFilter, page: PageRequest): Promise<PortText[]> {
    const query = this.source.getRepository(ports).createQueryBuilder('row').select([]);
    for (const name of ['uuid', 'node_uuid', 'text', 'offsets']) query.addSelect(`row.${name}`, name);
    if (filter.node_uuid !== undefined) query.andWhere('row.node_uuid = :node', { node: filter.node_uuid });
    if (filter.addresses) isOneOf(query, 'row.address', 'addresses', filter.addresses);
    if (filter.portgroup_uuid !== undefined)
      query.andWhere('row.portgroup_uuid = :group', { group: filter.portgroup_uuid });
    if (filter.description_contains !== undefined) contains(query, 'row.description', filter.description_contains);
    if (filter.shards ?? filter.conductor_groups) {
      query.innerJoin(nodes.options.name, 'node', 'node.uuid = row.node_uuid');
      if (filter.shards) isOneOf(query, 'node.shard', 'shards', filter.shards);
      if (filter.conductor_groups) isOneOf(query, 'node.conductor_group', 'groups', filter.conductor_groups);
    }
    const ordered = await paged(query, page, { columns, member: dialectOf(this.source).member });
    return ordered.getRawMany<PortText>();
  }
}
