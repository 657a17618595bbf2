import type { NodeEvent } from '../families.js';
import type { Bag, Node } from '../node.js';
import { requireRoomForDeployment } from '../limits.js';
import type { StepRequest } from '../operation/plan.js';
import { deploySteps } from '../operation/plan.js';
import { requireDriver, requireValid, start } from '../operation/start.js';
import { inMaintenance, invalid, protectedNode, requireMove, requirePresent } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';

export interface DeployNode {
  readonly rebuild?: boolean;
  /** Sealed before it comes here. */
  readonly configdrive?: Bag;
  readonly steps?: readonly StepRequest[];
}

/** Starts a deployment, or does an existing one again. Touches no hardware: the conductor follows the event. */
export const deployNode = (
  { rebuild = false, configdrive, steps = [] }: DeployNode,
  node: Node,
  surroundings: Surroundings,
) => {
  requirePresent(node);
  const verb = rebuild ? 'rebuild' : 'deploy';
  if (node.maintenance) throw inMaintenance(node, 'provisioning');
  const to = requireMove(node, verb, rebuild ? 'rebuild' : 'active');
  if (rebuild && node.protection) throw protectedNode(node, 'rebuilt');
  requireRoomForDeployment(surroundings);
  requireTraits(node);
  requireValid(node, ['power', 'deploy', 'boot', 'network'], 'deploy or power', surroundings);
  const plan = deploySteps(node, requireDriver(node, surroundings), steps);
  const without = steps
    .filter(({ priority = 0 }) => Number(priority) <= 0)
    .map(step => `${step.interface}.${step.step}`);
  if (plan.length === 0)
    throw invalid(
      `Node ${node.uuid} has no deploy steps: its deploy interface gives none, and the request took them away.`,
    );
  const events: NodeEvent[] = start(
    node,
    'Deployment',
    to,
    {
      steps: plan,
      ...(without.length > 0 && { without }),
      ...(rebuild && { rebuild }),
      ...(configdrive && { configdrive }),
    },
    surroundings,
  );
  return events;
};

const requireTraits = (node: Node): void => {
  const wanted = node.attributes.instance_info.traits;
  if (!Array.isArray(wanted)) return;
  const absent = wanted.filter(trait => !node.traits.includes(trait as string));
  if (absent.length > 0)
    throw invalid(
      `Failed to validate deploy or power info for node ${node.uuid}. Error: ` +
        `instance_info.traits names traits the node does not have: ${absent.join(', ')}`,
    );
};
