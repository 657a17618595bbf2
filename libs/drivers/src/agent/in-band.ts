import type { AgentSteps, Bag, StepResult } from '#domain';
import type { Effect, EffectAgent, Step, StepOutcome } from '../hardware-type.js';
import { HardwareRefused } from '../hardware-type.js';
import type { AgentClient } from './agent-client.js';
import type { AgentCommand } from './agent-command.js';
import { AgentBusy, AgentCommandFailed, AgentRebooted, AgentRefused, AgentUnreachable } from './agent-errors.js';
import { nodeForAgent } from './agent-node.js';

type Kind = 'clean' | 'deploy' | 'service';

const kindOf = ({ node }: Effect): Kind => {
  const family = node.operation?.family;
  return family === 'Cleaning' ? 'clean' : family === 'Service' ? 'service' : 'deploy';
};

export const agentOf = ({ agent }: Effect): EffectAgent => {
  if (!agent)
    throw new HardwareRefused(
      'no agent runs on the machine, and the step needs one',
      'Was the ramdisk disabled for this operation, or did an earlier step end it?',
    );
  return agent;
};

/**
 * Asks a running agent for its steps of the operation's kind. One that does not know such steps has none.
 *
 * @throws AgentBusy · AgentUnreachable · AgentRefused · AgentCommandFailed
 */
export const readSteps = async (client: AgentClient, effect: Effect): Promise<AgentSteps> => {
  const kind = kindOf(effect);
  const call = { signal: effect.signal, clock: effect.clock, wait: true };
  try {
    const name = `${kind}.get_${kind}_steps`;
    const command = succeeded(await client.give(agentOf(effect), name, nodeForAgent(effect), call));
    const byManager = (command.command_result?.[`${kind}_steps`] ?? {}) as Record<string, Bag[]>;
    return {
      steps: Object.values(byManager).flat().map(stepOf),
      hardwareManagers: (command.command_result?.hardware_manager_version ?? {}) as Bag,
    };
  } catch (error) {
    if (kind === 'service' && error instanceof AgentRefused && [400, 404].includes(error.status))
      return { steps: [], hardwareManagers: {} };
    throw error;
  }
};

const stepOf = ({ interface: type, step, priority, abortable, reboot_requested, argsinfo }: Bag) => ({
  interface: String(type ?? 'deploy'),
  step: String(step),
  priority: Math.max(0, Number(priority) || 0),
  ...(abortable === true && { abortable: true }),
  ...(reboot_requested === true && { rebootRequested: true }),
  ...(typeof argsinfo === 'object' && argsinfo !== null && { args: argsinfo as AgentSteps['steps'][number]['args'] }),
});

/** @throws AgentCommandFailed */
export const succeeded = (command: AgentCommand): AgentCommand => {
  if (command.command_status === 'SUCCEEDED') return command;
  throw new AgentCommandFailed(command);
};

/** What an agent's step is made with, and what is made of its result. */
export interface InBandStep {
  /** The step's arguments for the agent; those of the plan where it is left out. */
  args?(effect: Effect): Promise<Bag>;
  found?(result: unknown, effect: Effect): StepResult;
}

/**
 * A step that the agent does in the background: given to it once, looked at with each heartbeat. After a restart the
 * agent's own list says whether it was given.
 */
export const inBandStep = (client: AgentClient, { args, found }: InBandStep = {}): Omit<Step, 'manifest'> => {
  const nameOf = (effect: Effect) => `${kindOf(effect)}.execute_${kindOf(effect)}_step`;

  const give = async (effect: Effect): Promise<StepOutcome> => {
    // Whoever restarted the machine before this step lets it boot first.
    if (!effect.agent && effect.node.ramdisk?.ended === null) return { wait: 'agent' };
    const kind = kindOf(effect);
    const { interface: type, step, priority = 0, abortable = false } = effect.step!;
    const planned = { interface: type, step, priority, abortable, reboot_requested: false };
    const params = {
      step: { ...planned, args: (await args?.(effect)) ?? effect.args },
      ...nodeForAgent(effect),
      [`${kind}_version`]: agentOf(effect).hardwareManagers,
    };
    const call = { signal: effect.signal, clock: effect.clock, wait: false };
    try {
      const { id } = await client.give(agentOf(effect), nameOf(effect), params, call);
      return { wait: 'agent', command: id };
    } catch (error) {
      // With its next heartbeat it may have ended what it is at.
      if (error instanceof AgentBusy) return { wait: 'agent' };
      throw error;
    }
  };

  const outcome = async (effect: Effect, command: AgentCommand): Promise<StepOutcome | undefined> => {
    switch (command.command_status) {
      case 'RUNNING':
        return isRecorded(effect, command) ? undefined : { wait: 'agent', command: command.id };
      case 'CLEAN_VERSION_MISMATCH':
      case 'VERSION_MISMATCH':
        return { planAnew: await readSteps(client, effect) };
      default: {
        const result = succeeded(command).command_result?.[`${kindOf(effect)}_result`];
        return { done: found?.(result, effect) ?? {} };
      }
    }
  };

  return {
    run: give,

    async confirm(effect) {
      if (effect.node.operation?.agentBoot === null) return 'not begun';
      if (!effect.agent || isAnotherBoot(effect)) return 'unknown';
      try {
        return (await client.begun(effect.agent, nameOf(effect), effect)) ? 'under way' : 'not begun';
      } catch (error) {
        // It is asked again with its next heartbeat, and given nothing before it has answered.
        if (error instanceof AgentUnreachable) return 'under way';
        throw error;
      }
    },

    async poll(effect) {
      const { agent } = effect;
      if (!agent) return undefined;
      if (isAnotherBoot(effect)) throw new AgentRebooted(effect.step!.step);
      const id = effect.node.operation?.waiting?.command;
      if (id) {
        const command = await client.command(agent, id, effect);
        if (!command) throw new AgentRebooted(effect.step!.step);
        return outcome(effect, command);
      }
      const begun = await client.begun(agent, nameOf(effect), effect);
      return begun ? outcome(effect, begun) : give(effect);
    },
  };
};

const isRecorded = ({ node }: Effect, { id }: AgentCommand): boolean => node.operation?.waiting?.command === id;

/** Another boot of the agent than the one that the step was begun with; with none it was not given to anybody. */
const isAnotherBoot = ({ node: { operation, agent } }: Effect): boolean =>
  operation !== null && operation.agentBoot !== null && operation.agentBoot !== (agent?.boot ?? null);
