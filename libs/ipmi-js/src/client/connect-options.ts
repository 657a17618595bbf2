import type { Privilege } from '../privilege.js';
import { privilegeNumber } from '../privilege.js';
import { isSupportedCipherSuite, type CipherSuiteId } from '../wire/cipher-suites.js';
import { RMCP_PORT } from '../wire/rmcp.js';
import type { Credentials } from './handshake.js';
import type { Address, Patience } from './udp-link.js';

/** Where a BMC is. */
export interface BmcAddress {
  /** Name or address, IPv4 or IPv6. */
  readonly host: string;
  /** Default 623. */
  readonly port?: number;
  /** Address of this machine to send from; default: the system's choice. */
  readonly localAddress?: string;
  /** Wait for an answer before asking again; default 1000. */
  readonly timeoutMs?: number;
  /** How often a question is repeated; default 4. */
  readonly retries?: number;
  /**
   * Ends everything at once when it aborts, with ConnectionClosed: nobody waits for the BMC any more, and it is not
   * told. Better is `close()`, where there is time for it.
   */
  readonly signal?: AbortSignal;
}

export interface ConnectOptions extends BmcAddress {
  /** Up to 16 bytes; default '', the null user. */
  readonly username?: string;
  /** Up to 20 bytes; default ''. */
  readonly password?: string;
  /** The BMC key K_g in hexadecimal, up to 40 digits; leave it out where the BMC has none. */
  readonly kg?: string;
  /** Level of the session; default 'administrator'. */
  readonly privilege?: Privilege;
  /** How the BMC finds the user (IPMI 2.0, table 13-11); default 'name'. */
  readonly usernameLookup?: 'name' | 'name and privilege';
  /** Default: 17 where the BMC offers it, else 3. */
  readonly cipherSuite?: CipherSuiteId;
  /** Talks to the BMC after so much silence, so that the session does not time out; default: never. */
  readonly keepAliveMs?: number;
  /**
   * After so much silence the session is tried out before a command that must not be repeated goes into it, so that
   * such a command is not lost in a session that had timed out; default 5000.
   */
  readonly checkAfterMs?: number;
}

export interface Settings {
  readonly address: Address;
  readonly patience: Patience;
  readonly credentials: Credentials;
  readonly cipherSuite?: CipherSuiteId;
  readonly keepAliveMs?: number;
  readonly checkAfterMs: number;
}

const USERNAME_BYTES = 16;
const KEY_BYTES = 20;

/** Checks what can be checked without the BMC. @throws RangeError that names the option and never shows a secret */
export const settingsOf = (options: ConnectOptions): Settings => {
  const username = Buffer.from(options.username ?? '');
  const userKey = Buffer.from(options.password ?? '');
  const { privilege = 'administrator', usernameLookup = 'name', cipherSuite, keepAliveMs, kg } = options;
  const { checkAfterMs = 5000 } = options;
  if (username.length > USERNAME_BYTES) throw new RangeError(`username: at most ${USERNAME_BYTES} bytes`);
  if (userKey.length > KEY_BYTES) throw new RangeError(`password: at most ${KEY_BYTES} bytes`);
  if (privilegeNumber(privilege) === 0) throw new RangeError(`privilege: unknown level ${String(privilege)}`);
  if (cipherSuite !== undefined && !isSupportedCipherSuite(cipherSuite))
    throw new RangeError(`cipherSuite: 3 or 17, not ${String(cipherSuite)}`);
  if (keepAliveMs !== undefined && !(keepAliveMs > 0)) throw new RangeError('keepAliveMs: more than 0');
  return {
    ...placeOf(options),
    credentials: { username, userKey, privilege, usernameLookup, ...(kg ? { bmcKey: parseKg(kg) } : {}) },
    cipherSuite,
    keepAliveMs,
    checkAfterMs,
  };
};

/** @throws RangeError that names the option */
export const placeOf = (options: BmcAddress): { readonly address: Address; readonly patience: Patience } => {
  const { host, port = RMCP_PORT, localAddress, signal, timeoutMs = 1000, retries = 4 } = options;
  if (!host) throw new RangeError('host: a name or an address is needed');
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError(`port: 1 to 65535, not ${port}`);
  if (!(timeoutMs > 0)) throw new RangeError(`timeoutMs: more than 0, not ${timeoutMs}`);
  if (!Number.isInteger(retries) || retries < 0) throw new RangeError(`retries: 0 or more, not ${retries}`);
  return { address: { host, port, localAddress, signal }, patience: { timeoutMs, retries } };
};

/** K_g from hexadecimal; undefined for all zeros, which is how a BMC says that it has none. @throws RangeError */
export const parseKg = (kg: string): Buffer | undefined => {
  if (!/^([0-9a-f]{2}){1,20}$/i.test(kg)) throw new RangeError('kg: an even number of hexadecimal digits, at most 40');
  const key = Buffer.from(kg, 'hex');
  return key.every(byte => byte === 0) ? undefined : key;
};
