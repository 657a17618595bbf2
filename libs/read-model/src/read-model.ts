import type { ChassisQueries } from './chassis/chassis-queries.js';
import type { ConductorQueries } from './conductor/conductor-queries.js';
import type { HistoryQueries } from './history/history-queries.js';
import type { NodeQueries } from './node/node-queries.js';
import type { OpenWorkQueries } from './open-work/open-work-queries.js';
import type { PortQueries } from './port/port-queries.js';

/** What can be asked of the rows, wherever they are. */
export interface ReadModel {
  readonly nodes: NodeQueries;
  readonly ports: PortQueries;
  readonly history: HistoryQueries;
  readonly chassis: ChassisQueries;
  readonly conductors: ConductorQueries;
  readonly openWork: OpenWorkQueries;
  /** Everything up to this position is in the rows, as far as is known here. */
  readonly position: number;
}
