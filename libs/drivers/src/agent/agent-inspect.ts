import type { Implementation } from '../hardware-type.js';
import type { AgentServices } from './agent-services.js';
import { leave } from './boot-steps.js';
import { bootingOf } from './machine.js';
import { bootRamdisk } from './ramdisk.js';

/**
 * Inspection by a ramdisk that looks at its machine and calls back with what it found (Ironic, deployment): the
 * API takes that, and with it the wait is over.
 */
export const agentInspect = (services: AgentServices): Implementation => ({
  name: 'agent',
  steps: {
    core: [
      {
        manifest: {
          step: 'inspect_hardware',
          priority: 0,
          effect: 'idempotent',
          abortable: true,
          requiresRamdisk: false,
          agent: 'starts',
        },
        async run(effect) {
          const [first] = services.ramdisk.apiUrl.split(',');
          const callback = `ipa-inspection-callback-url=${first!.replace(/\/+$/, '')}/v1/continue_inspection`;
          return { wait: 'agent', powerState: await bootRamdisk(effect, services.ramdisk, 'deploy', [callback]) };
        },
      },
      {
        manifest: {
          step: 'finish_inspection',
          priority: 0,
          effect: 'observed',
          requiresRamdisk: false,
          agent: 'ends',
        },
        async run(effect) {
          if (!services.powerOffAfterInspection) {
            await bootingOf(effect).cleanUpRamdisk(effect);
            return { done: {} };
          }
          const powerState = await leave(effect);
          return { done: powerState === undefined ? {} : { powerState } };
        },
      },
    ],
  },
});
