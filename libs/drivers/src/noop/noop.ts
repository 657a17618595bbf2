import type { Implementation } from '../hardware-type.js';

export const noopStorage: Implementation = { name: 'noop' };

/** Boot devices of machines that are told by hand: setting one does nothing. */
export const noopManagement: Implementation = {
  name: 'noop',
  supports: { 'boot devices': ['pxe', 'disk'] },
  actions: { set_boot_device: async () => ({}) },
  reads: { get_boot_device: async () => ({ boot_device: 'pxe', persistent: true }) },
};
