import type { StepManifest } from '#domain';
import type { Implementation, Step } from '../hardware-type.js';
import type { AgentServices } from './agent-services.js';
import { inBandStep } from './in-band.js';

const volumes = {
  create_root_volume: { description: 'Whether the root volume is made.' },
  create_nonroot_volumes: { description: 'Whether the other volumes are made.' },
  delete_existing: { description: 'Whether what is there is deleted first.' },
};

/** Software RAID, and what the agent's hardware managers make of RAID controllers: steps that the agent does. */
export const agentRaid = ({ client }: AgentServices): Implementation => {
  const step = (name: string, args?: StepManifest['args']): Step => ({
    manifest: { step: name, priority: 0, effect: 'once', inBand: true, ...(args && { args }) },
    ...inBandStep(client),
  });
  const apply = step('apply_configuration', {
    raid_config: { description: 'The RAID configuration to apply.', required: true },
    ...volumes,
  });
  return {
    name: 'agent',
    steps: {
      clean: [step('create_configuration', volumes), step('delete_configuration')],
      deploy: [apply],
      service: [apply],
    },
  };
};
