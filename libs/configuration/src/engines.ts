/** Which engines a process stands on, as configured. */
export interface EngineSettings {
  readonly roles: readonly Role[];
  readonly eventStore: string;
  readonly database: string;
  readonly workLog: string;
  readonly masterKey?: string;
}

export type Role = 'api' | 'conductor' | 'projector' | 'relay';

export const allRoles: readonly Role[] = ['api', 'conductor', 'projector', 'relay'];

export const EMBEDDED = { eventStore: 'sqlite', database: 'sqlite', workLog: 'in-process' } as const;

/** What does not go together, each in a sentence. */
export const engineFaults = ({ roles, eventStore, database, workLog, masterKey }: EngineSettings): string[] => {
  const faults: string[] = [];
  const isOneOfMany = allRoles.some(role => !roles.includes(role));
  const embedded = Object.entries({ eventStore, database, workLog })
    .filter(([name, value]) => value === EMBEDDED[name as keyof typeof EMBEDDED])
    .map(([name]) => name);
  if (isOneOfMany && embedded.length > 0)
    faults.push(
      `roles ${roles.join(', ')} are not all there are, and other processes cannot reach ${embedded.join(', ')} of this ` +
        'one: configure engines that are servers, or give all roles',
    );
  if (eventStore !== EMBEDDED.eventStore && database === EMBEDDED.database)
    faults.push('eventStore is a server, so that database has to be one, too: give the address of PostgreSQL');
  if (database !== EMBEDDED.database && masterKey === undefined)
    faults.push(
      'database is a server, where all processes keep their keys: give them one masterKey, a file they all have',
    );
  return faults;
};

/** An address that may be shown: without the password in it. */
export const withoutPassword = (text: string): string => text.replace(/(:\/\/[^/?#@\s:]*):[^/?#\s]*@/g, '$1:***@');
