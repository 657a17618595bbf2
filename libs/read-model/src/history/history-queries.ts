import type { DataSource } from 'typeorm';
import type { PageRequest } from '../pages.js';
import { paged } from '../pages.js';
import type { HistoryRow } from '../schema/entities.js';
import { nodeHistory } from '../schema/entities.js';

const columns = new Set<string>(Object.keys(nodeHistory.options.columns));

export class HistoryQueries {
  constructor(private readonly source: DataSource) {}

  /** @throws MarkerMissing */
  async ofNode(uuid: string, page: PageRequest): Promise<HistoryRow[]> {
    const query = this.source
      .getRepository(nodeHistory)
      .createQueryBuilder('row')
      .where('row.node_uuid = :node', { node: uuid });
    const ordered = await paged(query, page, { columns, member: name => `row.${name}` });
    return ordered.getMany();
  }

  async entry(node: string, uuid: string): Promise<HistoryRow | undefined> {
    return (await this.source.getRepository(nodeHistory).findOneBy({ node_uuid: node, uuid })) ?? undefined;
  }
}
