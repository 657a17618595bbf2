import type { Implementation } from '../hardware-type.js';

/** No network to manage: VIFs are taken and forgotten. */
export const noopNetwork: Implementation = { name: 'noop' };

/** One flat network for everything, without Neutron: VIFs are bound to ports, and nothing else is asked. */
export const flatNetwork: Implementation = { name: 'flat' };
