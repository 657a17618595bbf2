import type { Bag } from '#domain';
import type { Implementation } from '../hardware-type.js';
import { ramdiskSteps } from './boot-steps.js';
import type { AgentServices } from './agent-services.js';
import { inBandStep } from './in-band.js';
import { bootingOf, setBootDevice, setPower } from './machine.js';
import { removeRamdisk } from './remove-ramdisk.js';

const url = (name: string): Bag => ({
  anyOf: [
    { type: 'string', pattern: '^(https?|file)://.' },
    { type: 'object', required: ['$sealed'] },
  ],
  errorMessage: `instance_info ${name} must be a URL: http, https or file`,
});

/** Instances that are a kernel and a ramdisk, booted over the network every time: nothing is written to a disk. */
export const ramdiskDeploy = (services: AgentServices): Implementation => ({
  name: 'ramdisk',
  instanceInfo: {
    type: 'object',
    required: ['kernel', 'ramdisk'],
    properties: { kernel: url('kernel'), ramdisk: url('ramdisk') },
  },
  steps: {
    core: ramdiskSteps(services),
    deploy: [
      {
        manifest: { step: 'deploy', priority: 100, effect: 'idempotent', requiresRamdisk: false },
        async run(effect) {
          await setPower(effect, 'power off');
          await bootingOf(effect).prepareInstance(effect);
          const ready = await setBootDevice(effect, bootingOf(effect).device, true);
          return { done: { powerState: await setPower(ready, 'power on') } };
        },
      },
    ],
  },
  inBand: inBandStep(services.client),
  removeRamdisk: (effect, ramdisk) => removeRamdisk(services, effect, ramdisk),
});
