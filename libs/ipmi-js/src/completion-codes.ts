/** Generic completion codes and their texts (IPMI 2.0, section 5.2, table 5-2). */
const GENERIC: Readonly<Record<number, string>> = {
  0x00: 'Command completed normally',
  0xc0: 'Node busy',
  0xc1: 'Invalid command',
  0xc2: 'Command invalid for given LUN',
  0xc3: 'Timeout while processing command',
  0xc4: 'Out of space',
  0xc5: 'Reservation canceled or invalid reservation ID',
  0xc6: 'Request data truncated',
  0xc7: 'Request data length invalid',
  0xc8: 'Request data field length limit exceeded',
  0xc9: 'Parameter out of range',
  0xca: 'Cannot return number of requested data bytes',
  0xcb: 'Requested sensor, data, or record not present',
  0xcc: 'Invalid data field in request',
  0xcd: 'Command illegal for specified sensor or record type',
  0xce: 'Command response could not be provided',
  0xcf: 'Cannot execute duplicated request',
  0xd0: 'SDR repository in update mode',
  0xd1: 'Device in firmware update mode',
  0xd2: 'BMC initialization or initialization agent in progress',
  0xd3: 'Destination unavailable',
  0xd4: 'Insufficient privilege level or other security-based restriction',
  0xd5: 'Command or parameter not supported in present state',
  0xd6: 'Parameter is illegal because sub-function is disabled or unavailable',
  0xff: 'Unspecified error',
};

export const COMPLETED = 0x00;
export const NODE_BUSY = 0xc0;
export const INVALID_COMMAND = 0xc1;
export const INVALID_LENGTH = 0xc7;
export const PARAMETER_OUT_OF_RANGE = 0xc9;
export const INVALID_DATA_FIELD = 0xcc;
export const INSUFFICIENT_PRIVILEGE = 0xd4;
export const NOT_IN_PRESENT_STATE = 0xd5;

/** What passes by itself: a busy or starting BMC, an update under way, a store that is being emptied. */
const TRANSIENT = new Set([0xc0, 0xc3, 0xc4, 0xce, 0xd0, 0xd1, 0xd2]);

export const isTransient = (code: number): boolean => TRANSIENT.has(code);

/** The text of a completion code; codes 80h to BEh mean what the command says they mean. */
export const completionText = (code: number, ofCommand: Readonly<Record<number, string>> = {}): string => {
  const known = GENERIC[code] ?? ofCommand[code];
  if (known) return known;
  if (code >= 0x01 && code <= 0x7e) return 'Device-specific (OEM) error';
  if (code >= 0x80 && code <= 0xbe) return 'Command-specific error';
  return 'Reserved completion code';
};
