import type { DataSource } from 'typeorm';
import type { ConductorRow } from '../schema/entities.js';
import { conductors } from '../schema/entities.js';

export class ConductorQueries {
  constructor(private readonly source: DataSource) {}

  /** All that ever registered, by age. Few: lists of them are cut by the caller. */
  async all(): Promise<ConductorRow[]> {
    return this.source.getRepository(conductors).find({ order: { id: 'ASC' } });
  }
}
