import type { DataSource } from 'typeorm';
import type { OpenWorkRow } from '../schema/entities.js';
import { openWork } from '../schema/entities.js';

export class OpenWorkQueries {
  constructor(private readonly source: DataSource) {}

  async all(): Promise<OpenWorkRow[]> {
    return this.source.getRepository(openWork).find({ order: { node_uuid: 'ASC' } });
  }

  /** Of one work topic. */
  async of(conductorGroup: string, hardwareType: string): Promise<OpenWorkRow[]> {
    return this.source.getRepository(openWork).findBy({ conductor_group: conductorGroup, hardware_type: hardwareType });
  }
}
