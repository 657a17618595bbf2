import type { Ramdisk } from '#domain';
import type { Effect } from '../hardware-type.js';
import type { AgentServices } from './agent-services.js';
import { bootingOf, setPower } from './machine.js';

/**
 * Puts back what an operation left that did not come to its own end. After a cleaning or a service that failed the
 * machine stays on, for somebody to look at; one that was aborted must not go on with what it was at.
 */
export const removeRamdisk = async (
  { images, powerOffAfterDeployFailure }: AgentServices,
  effect: Effect,
  { family, ended }: Ramdisk,
): Promise<{ powerState?: string }> => {
  await bootingOf(effect).cleanUpRamdisk(effect);
  await images.release(effect.node.uuid);
  const staysOn =
    ended === 'done' ||
    effect.node.attributes.disable_power_off ||
    (ended === 'failed' &&
      (family === 'Cleaning' || family === 'Service' || (family === 'Deployment' && !powerOffAfterDeployFailure)));
  return staysOn ? {} : { powerState: await setPower(effect, 'power off') };
};
