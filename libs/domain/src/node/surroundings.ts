import type { DriverCatalog } from '../ports/driver-catalog.js';
import type { Node } from './node.js';
import type { DecisionSettings } from './settings.js';

/** What a decision may look at besides the node and the command: read before it, so that deciding stays pure. */
export interface Surroundings {
  /** ISO 8601, UTC, milliseconds. */
  readonly now: string;
  /** Id of the command that is decided on: names the operation or action it starts. */
  readonly commandId: string;
  readonly settings: DecisionSettings;
  readonly catalog: DriverCatalog;
  /** Host of the conductor that the ring names for the node, undefined where nobody can drive it. */
  readonly owner: (node: Node) => string | undefined;
  /** Nodes under way in the whole fleet, for the limits on them. */
  readonly underWay: () => { readonly deploying: number; readonly cleaning: number };
}
