import type { Implementation } from '../hardware-type.js';

/**
 * Interfaces that boot machines over the network or drive agents, of a conductor that has no boot services: a node may
 * have them, and validate and the operations say what is missing.
 */
export const withoutBootServices = (name: string, ability: string): Implementation => ({
  name,
  notYet: `${ability} is not possible: this conductor has no boot services (option bootServices)`,
  ...(name === 'direct' && {
    properties: {
      deploy_kernel: 'Kernel of the deploy ramdisk: a URL. Required.',
      deploy_ramdisk: 'The deploy ramdisk: a URL. Required.',
      fast_track: 'Whether a running agent goes on from one operation to the next. Optional.',
    },
  }),
});
