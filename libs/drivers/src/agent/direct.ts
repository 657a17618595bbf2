import type { Implementation } from '../hardware-type.js';

/**
 * Deployment by an agent in a ramdisk. This version hears such agents (lookup, heartbeat) but does not drive them:
 * a node may have the interface, for fast track, and cannot be deployed by it.
 */
export const direct: Implementation = {
  name: 'direct',
  properties: {
    deploy_kernel: 'Kernel of the deploy ramdisk: a URL. Required.',
    deploy_ramdisk: 'The deploy ramdisk: a URL. Required.',
    fast_track: 'Whether a running agent goes on from one operation to the next. Optional.',
  },
  notYet: 'deploying through an agent is not part of this version',
};
