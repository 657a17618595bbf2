/** Status codes of Open Session and RAKP messages (IPMI 2.0, section 13.24, table 13-15). */
const TEXTS: readonly string[] = [
  'No errors',
  'Insufficient resources to create a session',
  'Invalid session ID',
  'Invalid payload type',
  'Invalid authentication algorithm',
  'Invalid integrity algorithm',
  'No matching authentication payload',
  'No matching integrity payload',
  'Inactive session ID',
  'Invalid role',
  'Unauthorized role or privilege level requested',
  'Insufficient resources to create a session at the requested role',
  'Invalid name length',
  'Unauthorized name',
  'Unauthorized GUID',
  'Invalid integrity check value',
  'Invalid confidentiality algorithm',
  'No cipher suite match with proposed security algorithms',
  'Illegal or unrecognized parameter',
];

export const SetupStatus = {
  ok: 0x00,
  noResources: 0x01,
  invalidSessionId: 0x02,
  inactiveSessionId: 0x08,
  invalidRole: 0x09,
  unauthorizedRole: 0x0a,
  noResourcesAtRole: 0x0b,
  invalidNameLength: 0x0c,
  unauthorizedName: 0x0d,
  unauthorizedGuid: 0x0e,
  invalidIntegrityCheck: 0x0f,
  noCipherSuiteMatch: 0x11,
  illegalParameter: 0x12,
} as const;

export const setupStatusText = (status: number): string => TEXTS[status] ?? 'Reserved status code';

/** What a status code says about trying again. */
export type SetupVerdict = 'credentials' | 'cipher suite' | 'try again' | 'refused';

export const setupVerdict = (status: number): SetupVerdict => {
  if (status >= 0x09 && status <= 0x0f && status !== SetupStatus.noResourcesAtRole) return 'credentials';
  if ((status >= 0x04 && status <= 0x07) || status === 0x10 || status === 0x11) return 'cipher suite';
  const passing: number[] = [
    SetupStatus.noResources,
    SetupStatus.invalidSessionId,
    SetupStatus.inactiveSessionId,
    SetupStatus.noResourcesAtRole,
  ];
  return passing.includes(status) ? 'try again' : 'refused';
};
