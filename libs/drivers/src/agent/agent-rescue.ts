import type { Effect, Implementation, StepOutcome } from '../hardware-type.js';
import { HardwareRefused } from '../hardware-type.js';
import { AgentBusy } from './agent-errors.js';
import type { AgentServices } from './agent-services.js';
import { agentOf, succeeded } from './in-band.js';
import { bootingOf, setBootDevice, setPower } from './machine.js';
import { bootRamdisk } from './ramdisk.js';
import { sha256Crypt } from './sha256-crypt.js';

/** Rescue: a ramdisk beside the instance, with a password that its user has chosen (Ironic, deployment). */
export const agentRescue = ({ client, ramdisk }: AgentServices): Implementation => {
  const finalize = async (effect: Effect): Promise<StepOutcome | undefined> => {
    const { rescuePassword, signal, clock } = effect;
    if (rescuePassword === undefined) throw new HardwareRefused('there is no rescue password any more');
    const params = { rescue_password: sha256Crypt(rescuePassword), hashed: true };
    try {
      succeeded(await client.give(agentOf(effect), 'rescue.finalize_rescue', params, { signal, clock, wait: true }));
      return { done: {} };
    } catch (error) {
      if (error instanceof AgentBusy) return undefined;
      throw error;
    }
  };

  return {
    name: 'agent',
    steps: {
      core: [
        {
          manifest: {
            step: 'rescue',
            priority: 0,
            effect: 'idempotent',
            abortable: true,
            requiresRamdisk: false,
            agent: 'starts',
          },
          async run(effect) {
            await bootingOf(effect).cleanUpInstance(effect);
            return { wait: 'agent', powerState: await bootRamdisk(effect, ramdisk, 'rescue') };
          },
          poll: async effect => (effect.agent ? finalize(effect) : undefined),
        },
        {
          // The rescue system goes on without its agent; the next start is not to be into it again by chance.
          manifest: { step: 'finish_rescue', priority: 0, effect: 'idempotent', requiresRamdisk: false, agent: 'ends' },
          async run(effect) {
            await bootingOf(effect).cleanUpRamdisk(effect);
            return { done: {} };
          },
        },
        {
          manifest: { step: 'unrescue', priority: 0, effect: 'observed', requiresRamdisk: false, agent: 'ends' },
          async run(effect) {
            await setPower(effect, 'power off');
            await bootingOf(effect).cleanUpRamdisk(effect);
            await bootingOf(effect).prepareInstance(effect);
            const ready = await setBootDevice(effect, 'disk', true);
            return { done: { powerState: await setPower(ready, 'power on') } };
          },
        },
      ],
    },
  };
};
