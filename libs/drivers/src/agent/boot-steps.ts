import type { StepManifest } from '#domain';
import type { Effect, Step, StepOutcome } from '../hardware-type.js';
import { AgentBusy } from './agent-errors.js';
import type { AgentServices } from './agent-services.js';
import { readSteps } from './in-band.js';
import { bootingOf, setBootDevice, setPower } from './machine.js';
import { bootRamdisk } from './ramdisk.js';

interface BootOptions {
  readonly before?: (effect: Effect) => Promise<void>;
  /** In the midst of an operation, whose plan stands. */
  readonly isAgain?: boolean;
}

/**
 * A step that boots the machine into the ramdisk and waits for its agent, which then tells what it can do. Where the
 * agent goes on from the operation before (fast track) it is asked at once.
 */
export const stepThatBoots = (
  { client, ramdisk }: Pick<AgentServices, 'client' | 'ramdisk'>,
  manifest: StepManifest,
  { before, isAgain = false }: BootOptions = {},
): Step => {
  const asked = async (effect: Effect): Promise<StepOutcome | undefined> => {
    try {
      const agentSteps = await readSteps(client, effect);
      return { done: isAgain ? { hardwareManagers: agentSteps.hardwareManagers } : { agentSteps } };
    } catch (error) {
      if (error instanceof AgentBusy) return undefined;
      throw error;
    }
  };
  return {
    manifest: { ...manifest, requiresRamdisk: false, agent: 'starts' },
    async run(effect) {
      if (effect.agent) return (await asked(effect)) ?? { wait: 'agent' };
      await before?.(effect);
      return { wait: 'agent', powerState: await bootRamdisk(effect, ramdisk) };
    },
    poll: async effect => (effect.agent ? asked(effect) : undefined),
  };
};

/** Steps around operations in a ramdisk, and those of tear-down and adoption, of all that drive agents. */
export const ramdiskSteps = (services: AgentServices): Step[] => {
  const aboard = (name: string) => ({ step: name, priority: 0, effect: 'idempotent' as const, abortable: true });
  const ashore = (name: string, run: (effect: Effect) => Promise<string | undefined>): Step => ({
    manifest: { step: name, priority: 0, effect: 'observed', requiresRamdisk: false, agent: 'ends' },
    async run(effect) {
      const powerState = await run(effect);
      return { done: powerState === undefined ? {} : { powerState } };
    },
  });
  return [
    stepThatBoots(services, aboard('prepare_cleaning')),
    ashore('tear_down_cleaning', async effect => leave(effect)),
    stepThatBoots(services, aboard('prepare_service'), { before: effect => bootingOf(effect).cleanUpInstance(effect) }),
    ashore('tear_down_service', async effect => {
      await leave(effect);
      await bootingOf(effect).prepareInstance(effect);
      return setPower(await setBootDevice(effect, 'disk', true), 'power on');
    }),
    stepThatBoots(services, aboard('reboot_ramdisk'), { isAgain: true }),
    ashore('tear_down', async effect => {
      await bootingOf(effect).cleanUpRamdisk(effect);
      await bootingOf(effect).cleanUpInstance(effect);
      await services.images.release(effect.node.uuid);
      return setPower(effect, effect.node.attributes.disable_power_off ? 'rebooting' : 'power off');
    }),
    {
      manifest: { step: 'take_over', priority: 0, effect: 'observed', requiresRamdisk: false },
      async run(effect) {
        const powerState = (await effect.peer('power').reads?.get_power_state?.(effect)) as string | undefined;
        return { done: powerState === undefined ? {} : { powerState } };
      },
    },
  ];
};

/** Out of the ramdisk: the machine is off, and boots nothing from here any more. */
export const leave = async (effect: Effect): Promise<string | undefined> => {
  const powerState = effect.node.attributes.disable_power_off ? undefined : await setPower(effect, 'power off');
  await bootingOf(effect).cleanUpRamdisk(effect);
  return powerState;
};
