import type { NodeEvent } from '../families.js';
import { nodeEvent } from '../families.js';
import type { Bag, Node } from '../node.js';
import { implementationOf, unsupported } from '../operation/plan.js';
import { requireDriver } from '../operation/start.js';
import { requirePresent, requireUnlocked } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';

/** The RAID configuration that the next cleaning is to build. The API checks its shape. */
export const targetRaidConfig = (
  { config }: { readonly config: Bag },
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  const raid = implementationOf(node, requireDriver(node, surroundings), 'raid');
  if (!raid || raid.missing) throw unsupported(node, 'raid', 'raid configuration');
  requireUnlocked(node);
  return JSON.stringify(node.raid.target) === JSON.stringify(config)
    ? []
    : [nodeEvent('RaidConfigTargeted', { targetRaidConfig: config })];
};
