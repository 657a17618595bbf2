import type { NodeEvent } from '../families.js';
import { nodeEvent } from '../families.js';
import type { Node } from '../node.js';
import { requirePresent, requireUnlocked } from '../refusals.js';

/** Text that goes into Ironic's last_error and maintenance_reason is cut there (Ironic, state machine). */
export const LONGEST_REASON = 4096;

export const setMaintenance = ({ reason }: { readonly reason: string | null }, node: Node): NodeEvent[] => {
  requirePresent(node);
  requireUnlocked(node);
  const cut = reason?.slice(0, LONGEST_REASON) ?? null;
  return node.maintenance && node.maintenance.reason === cut ? [] : [nodeEvent('MaintenanceSet', { reason: cut })];
};

export const clearMaintenance = (_data: object, node: Node): NodeEvent[] => {
  requirePresent(node);
  requireUnlocked(node);
  return node.maintenance || node.fault ? [nodeEvent('MaintenanceCleared', {})] : [];
};
