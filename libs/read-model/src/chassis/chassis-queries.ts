import type { DataSource } from 'typeorm';
import type { PageRequest } from '../pages.js';
import { paged } from '../pages.js';
import type { ChassisRow } from '../schema/entities.js';
import { chassis } from '../schema/entities.js';

const columns = new Set<string>(Object.keys(chassis.options.columns));

export class ChassisQueries {
  constructor(private readonly source: DataSource) {}

  async byUuid(uuid: string): Promise<ChassisRow | undefined> {
    return (await this.source.getRepository(chassis).findOneBy({ uuid })) ?? undefined;
  }

  /** @throws MarkerMissing */
  async list(page: PageRequest): Promise<ChassisRow[]> {
    const query = this.source.getRepository(chassis).createQueryBuilder('row');
    return (await paged(query, page, { columns, member: name => `row.${name}` })).getMany();
  }
}
