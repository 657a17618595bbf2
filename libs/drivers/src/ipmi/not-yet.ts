import type { Implementation } from '../hardware-type.js';

// Interfaces that clients name when they enrol a machine with IPMI, and that need an agent: a node may have them, and
// validate and the operations say what is missing.

export const ipxe: Implementation = {
  name: 'ipxe',
  notYet: 'booting machines over the network (iPXE) is not part of this version',
};

export const agentInspect: Implementation = {
  name: 'agent',
  notYet: 'inspection through an agent is not part of this version',
};
