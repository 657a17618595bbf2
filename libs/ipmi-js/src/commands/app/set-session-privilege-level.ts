import { privilegeNumber, type Privilege } from '../../privilege.js';
import { PacketReader } from '../../wire/packet-reader.js';
import { NetFn, type Command } from '../command.js';

/** Completion codes that mean "this user may not". */
export const LEVEL_NOT_AVAILABLE = 0x80;
export const LEVEL_EXCEEDS_LIMIT = 0x81;

/** Sessions begin at user level; answers the level now in force (IPMI 2.0, section 22.18). */
export const setSessionPrivilegeLevel = (privilege: Privilege): Command<number> => ({
  name: 'Set Session Privilege Level',
  netFn: NetFn.app,
  code: 0x3b,
  data: Buffer.of(privilegeNumber(privilege)),
  repeatable: true,
  completionTexts: {
    [LEVEL_NOT_AVAILABLE]: 'Requested level not available for this user',
    [LEVEL_EXCEEDS_LIMIT]: 'Requested level exceeds channel or user privilege limit',
    0x82: 'Cannot disable user level authentication',
  },
  decode: data => new PacketReader(data, 'Set Session Privilege Level').byte(),
});
