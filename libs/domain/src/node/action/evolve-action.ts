import type { RecordedEvent } from '../../ports/event-store.js';
import type { ActionFact, ActionFactData, ActionFamily } from '../families.js';
import type { Change } from '../change.js';
import type { Action, Node } from '../node.js';
import { isFailure } from '../state-sets.js';

type Evolve<F extends ActionFact> = (
  node: Node,
  data: ActionFactData<F>,
  event: RecordedEvent,
  family: ActionFamily,
) => Change;

const byFact: { [F in ActionFact]: Evolve<F> } = {
  Requested: (node, data, _event, family) => ({
    action: requested(data, family),
    reservation: data.conductor,
    ...(family === 'PowerChange' && {
      power: { ...node.power, target: data.targetPowerState ?? null },
      lastError: isFailure(node.provisionState) ? node.lastError : null,
    }),
  }),
  Started: (node, data) =>
    node.action ? { action: { ...node.action, running: { attempt: data.attempt, epoch: data.epoch } } } : {},
  Completed: (node, data, event, family) => ({ ...over(node), ...outcome(node, data, event, family) }),
  Failed: (node, data) => ({ ...over(node), lastError: data.problem.detail }),
  Expired: (node, data) => ({ ...over(node), lastError: data.problem.detail }),
};

export const evolveAction = (node: Node, family: ActionFamily, fact: ActionFact, event: RecordedEvent): Change =>
  (byFact[fact] as Evolve<ActionFact>)(node, event.data as never, event, family);

const requested = (data: ActionFactData<'Requested'>, family: ActionFamily): Action => ({
  id: data.action,
  family,
  interface: data.interface,
  implementation: data.implementation ?? '',
  method: data.method,
  args: data.args ?? {},
  effect: data.effect,
  deadline: data.deadline,
  running: null,
});

const over = (node: Node): Change => ({ action: null, power: { ...node.power, target: null } });

const outcome = (node: Node, data: ActionFactData<'Completed'>, event: RecordedEvent, family: ActionFamily): Change => {
  switch (family) {
    case 'PowerChange':
      return {
        power: { state: data.powerState ?? node.power.state, target: null, changedAt: event.recorded },
        // Off or rebooted: whatever ran on it is gone.
        agent: null,
      };
    case 'BootModeChange':
      return { boot: { ...node.boot, mode: data.bootMode ?? node.boot.mode } };
    case 'SecureBootChange':
      return { boot: { ...node.boot, secure: data.secureBoot ?? node.boot.secure } };
    case 'BootDeviceChange': {
      const { device = node.boot.device, persistent = false } = (node.action?.args ?? {}) as {
        device?: string | null;
        persistent?: boolean;
      };
      return { boot: { ...node.boot, device, persistent } };
    }
    case 'ConsoleChange':
      return { consoleEnabled: data.consoleEnabled ?? node.consoleEnabled };
    default:
      return {};
  }
};
