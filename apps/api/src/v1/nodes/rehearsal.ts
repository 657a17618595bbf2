import type { Node, NodeCommand, PlannedStep, Surroundings } from '#domain';
import type { Cause, CommandHandler } from '#command-handler';

export type Rehearsal = Awaited<ReturnType<typeof rehearsal>>;

/** What a command would do: the events it would append, the steps of its plan, and which of them destroy. */
export const rehearsal = async (
  nodes: CommandHandler<Node, NodeCommand, Surroundings>,
  command: NodeCommand,
  cause: Cause,
) => {
  const { state, events } = await nodes.rehearse(command.nodeId, command, cause);
  const steps = events.flatMap(({ data }) => (data as { steps?: readonly PlannedStep[] }).steps ?? []);
  const last = events.findLast(({ data }) => 'provisionState' in data)?.data as { provisionState?: string } | undefined;
  return {
    node: state.uuid,
    revision: state.revision,
    command: command.type,
    provision_state: { from: state.provisionState, to: last?.provisionState ?? state.provisionState },
    steps: steps.map(({ interface: type, step, priority, effect }) => ({
      interface: type,
      step,
      priority: priority ?? 0,
      effect,
      destructive: effect === 'once',
    })),
    destructive: steps.some(({ effect }) => effect === 'once'),
    events: events.map(({ type, data }) => ({ type, data })),
  };
};
