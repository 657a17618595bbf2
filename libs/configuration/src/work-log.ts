import { EMBEDDED } from './engines.js';

/** How this process gets in to Kafka, as configured. */
export interface WorkLogSettings {
  readonly workLog: string;
  readonly workLogCa?: string;
  readonly workLogCertificate?: string;
  readonly workLogCertificateKey?: string;
  readonly workLogUser?: string;
  readonly workLogPassword?: string;
  readonly workLogPasswordFile?: string;
}

const ofTls = ['workLogCa', 'workLogCertificate', 'workLogCertificateKey'] as const;
const ofSasl = ['workLogUser', 'workLogPassword', 'workLogPasswordFile'] as const;

/** What does not go together, each in a sentence: a setting that does nothing would be taken for protection. */
export const workLogFaults = (settings: WorkLogSettings): string[] => {
  const { workLog, workLogUser, workLogPassword, workLogPasswordFile } = settings;
  const given = (names: readonly (keyof WorkLogSettings)[]) => names.filter(name => settings[name] !== undefined);
  const [tls, sasl] = [given(ofTls), given(ofSasl)];
  if (workLog === EMBEDDED.workLog)
    return [...tls, ...sasl].map(name => `${name} is for Kafka, and workLog is ${workLog}`);
  const faults: string[] = [];
  if (tls.length > 0 && !workLog.startsWith('kafkas:'))
    faults.push(`${tls.join(', ')} are for TLS, which kafkas:// speaks and workLog does not`);
  if ((settings.workLogCertificate === undefined) !== (settings.workLogCertificateKey === undefined))
    faults.push('workLogCertificate and workLogCertificateKey go together: give both or neither');
  const passwords = [workLogPassword, workLogPasswordFile].filter(password => password !== undefined).length;
  if (passwords === 2) faults.push('workLogPassword and workLogPasswordFile are both given: leave one out');
  if (workLogUser === undefined && passwords > 0) faults.push('workLogUser is missing, whose password is given');
  if (workLogUser !== undefined && passwords === 0)
    faults.push('workLogUser has no password: give workLogPasswordFile or workLogPassword');
  return faults;
};
