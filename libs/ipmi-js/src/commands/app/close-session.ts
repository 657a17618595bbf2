import { uint32 } from '../../wire/little-endian.js';
import { NetFn, type Command } from '../command.js';

/** Frees the session in the BMC (IPMI 2.0, section 22.19). `managedSessionId`: the BMC's id of it. */
export const closeSession = (managedSessionId: number): Command<void> => ({
  name: 'Close Session',
  netFn: NetFn.app,
  code: 0x3c,
  data: uint32(managedSessionId),
  repeatable: true,
  completionTexts: { 0x87: 'Invalid session ID in request', 0x88: 'Invalid session handle in request' },
  decode: () => undefined,
});
