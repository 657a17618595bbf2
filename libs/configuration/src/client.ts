import { ConfigurationError } from './configuration-error.js';

/** Variables that only clients read: the server lets them be. */
export const clientVariables = ['FERROLOG_SERVER', 'FERROLOG_USER', 'FERROLOG_PASSWORD'];

export const DEFAULT_SERVER = 'http://127.0.0.1:6385';

/** Which server a client talks to, and as whom. */
export interface ClientSettings {
  /** Without a slash at the end. */
  readonly server: string;
  readonly user?: string;
  readonly password?: string;
}

/**
 * A flag wins over a variable, a variable over the default.
 *
 * @throws ConfigurationError when the server is no http(s) address, or a user or a password stands alone
 */
export const readClientSettings = (
  flags: Partial<ClientSettings>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ClientSettings => {
  const server = flags.server ?? (environment.FERROLOG_SERVER || DEFAULT_SERVER);
  const user = flags.user ?? (environment.FERROLOG_USER || undefined);
  const password = flags.password ?? (environment.FERROLOG_PASSWORD || undefined);
  const faults: string[] = [];
  if (!/^https?:$/.test(URL.parse(server)?.protocol ?? ''))
    faults.push(`the server must be an http or https address, not ${JSON.stringify(server)}`);
  if (user !== undefined && password === undefined)
    faults.push(`the user ${user} has no password: give --password-file or FERROLOG_PASSWORD`);
  if (password !== undefined && user === undefined)
    faults.push('there is a password without a user: give --user or FERROLOG_USER');
  if (faults.length > 0) throw new ConfigurationError(faults);
  return { server: server.replace(/\/+$/, ''), ...(user !== undefined && { user, password }) };
};

/** Whether the user lets programs colour what they print (no-color.org). */
export const allowsColour = (environment: Readonly<Record<string, string | undefined>> = process.env): boolean =>
  !environment.NO_COLOR && environment.TERM !== 'dumb';
