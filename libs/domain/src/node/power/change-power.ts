import { Problem } from '../../problem.js';
import type { NodeEvent } from '../families.js';
import type { Node } from '../node.js';
import { requestAction, requireSupported } from '../action/actions.js';
import { requirePresent, wrongState } from '../refusals.js';
import type { Surroundings } from '../surroundings.js';

/** Targets as clients name them, and the power state that each leads to (Ironic, state machine). */
export const powerTargets: Readonly<Record<string, string>> = {
  'power on': 'power on',
  'power off': 'power off',
  rebooting: 'power on',
  'soft rebooting': 'power on',
  'soft power off': 'power off',
};

export interface ChangePower {
  readonly target: string;
  /** How long the change itself may take; the driver's default where none is given. */
  readonly timeoutMs?: number;
}

export const changePower = (
  { target, timeoutMs }: ChangePower,
  node: Node,
  surroundings: Surroundings,
): NodeEvent[] => {
  requirePresent(node);
  const refusal = `Invalid state ${target}: the power interface of node ${node.uuid} does not support it.`;
  requireSupported(node, 'power', 'targets', target, refusal, surroundings);
  if (node.provisionState === 'cleaning' || node.provisionState === 'clean wait') throw wrongState(node, target);
  const leadsTo = powerTargets[target]!;
  if (leadsTo === 'power off' && node.attributes.disable_power_off) throw powerOffDisabled(node, target);
  const { softPowerOffTimeoutMs, powerStateChangeTimeoutMs } = surroundings.settings;
  const args = {
    target,
    timeoutMs: timeoutMs ?? (target.startsWith('soft') ? softPowerOffTimeoutMs : powerStateChangeTimeoutMs),
  };
  // Going to a state is safe to repeat once it has been read; a reboot only costs another one.
  const effect = target.endsWith('rebooting') ? 'idempotent' : 'observed';
  return requestAction(
    node,
    'PowerChange',
    { type: 'power', method: 'set_power_state', args, effect, targetPowerState: leadsTo },
    surroundings,
  );
};

const powerOffDisabled = (node: Node, target: string): Problem =>
  new Problem({
    code: 'node.power-refused',
    title: 'The node must not be powered off',
    detail: `Failed to set node power state to ${target}: node ${node.uuid} has disable_power_off set.`,
    hint: 'Reboot it instead, or set disable_power_off to false.',
  });
