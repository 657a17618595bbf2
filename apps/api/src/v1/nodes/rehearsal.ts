import type { Node, NodeCommand, PlannedStep } from '#domain';
import { automatedCleaningSteps } from '#domain';
import type { Cause } from '#command-handler';
import { withoutSecrets } from '#ironic';
import type { ApiPorts } from '../../ports.js';

export type Rehearsal = Awaited<ReturnType<typeof rehearsal>>;

/** What a command would do: the events it would append, the steps of its plan, what follows, and what destroys. */
export const rehearsal = async (
  ports: Pick<ApiPorts, 'nodes' | 'catalog' | 'settings'>,
  command: NodeCommand,
  cause: Cause,
) => {
  const { state, events } = await ports.nodes.rehearse(command.nodeId, command, cause);
  const steps = events.flatMap(({ data }) => (data as { steps?: readonly PlannedStep[] }).steps ?? []);
  const follows = command.type === 'UndeployNode' ? cleaningAfter(state, ports) : [];
  const last = events.findLast(({ data }) => 'provisionState' in data)?.data as { provisionState?: string } | undefined;
  return {
    node: state.uuid,
    revision: state.revision,
    command: command.type,
    provision_state: { from: state.provisionState, to: last?.provisionState ?? state.provisionState },
    steps: steps.map(shown),
    /** Steps of the operation that comes after this one by itself. */
    follows: follows.map(shown),
    destructive: [...steps, ...follows].some(({ destructive }) => destructive ?? false),
    events: events.map(({ type, data }) => ({ type, data: withoutSecrets(data) as object })),
  };
};

const shown = ({ interface: type, step, priority = 0, effect, destructive = false }: PlannedStep) => ({
  interface: type,
  step,
  priority,
  effect,
  destructive,
});

/** A tear-down ends in cleaning, unless the node or the configuration wants none. */
const cleaningAfter = (node: Node, { catalog, settings }: Pick<ApiPorts, 'catalog' | 'settings'>): PlannedStep[] => {
  const driver = catalog.driver(node.attributes.driver, node.attributes.conductor_group);
  const wanted = node.attributes.automated_clean ?? settings.decisions.automatedClean;
  return driver && wanted ? automatedCleaningSteps(node, driver) : [];
};
