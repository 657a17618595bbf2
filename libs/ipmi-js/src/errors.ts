import { completionText, isTransient } from './completion-codes.js';
import { setupStatusText } from './wire/setup-status.js';

/*
 * Every error of this library says two things:
 * - `retriable`: the same call may succeed later, with nothing changed but time;
 * - `mayHaveRun`: the BMC may have carried out the command although no answer to it was seen.
 * Messages name the command and the address; passwords, keys and the bytes of requests are never in them.
 */

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`;

/** Nothing came back in time: BMC off, restarting, wrong address, or a network that drops the packets. */
export class BmcUnreachable extends Error {
  override readonly name = 'BmcUnreachable';
  readonly retriable = true;
  readonly mayHaveRun: boolean;
  constructor(message: string, options: { mayHaveRun?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.mayHaveRun = options.mayHaveRun ?? false;
  }
}

/** The user name, the password, the BMC key (K_g) or the privilege level asked for is not accepted. */
export class BmcCredentialsRejected extends Error {
  override readonly name = 'BmcCredentialsRejected';
  readonly retriable = false;
  readonly mayHaveRun = false;
}

/** No cipher suite that this library knows, or that was asked for, is offered by the BMC. */
export class CipherSuiteRefused extends Error {
  override readonly name = 'CipherSuiteRefused';
  readonly retriable = false;
  readonly mayHaveRun = false;
}

/** The BMC declined to set up a session for a reason of its own, such as having no free session. */
export class SessionRefused extends Error {
  override readonly name = 'SessionRefused';
  readonly mayHaveRun = false;
  constructor(
    address: string,
    /** RMCP+ status code (IPMI 2.0, table 13-15). */
    readonly status: number,
    readonly retriable: boolean,
  ) {
    super(`${address} opens no session: ${setupStatusText(status)} (${hex(status)})`);
  }
}

/** The BMC answered a command with a completion code other than "completed normally". */
export class BmcRefused extends Error {
  override readonly name = 'BmcRefused';
  readonly retriable: boolean;
  /** A time-out inside the BMC (C3h) or a lost response (CEh) leaves it open; other codes mean that nothing was done. */
  readonly mayHaveRun: boolean;
  constructor(
    readonly command: string,
    readonly completionCode: number,
    textsOfCommand?: Readonly<Record<number, string>>,
  ) {
    super(`${command}: ${completionText(completionCode, textsOfCommand)} (${hex(completionCode)})`);
    this.retriable = isTransient(completionCode);
    this.mayHaveRun = completionCode === 0xc3 || completionCode === 0xce;
  }
}

/**
 * The BMC is there but no longer knew the session while a command was under way that is not one to repeat; or it lost
 * a second session at once, or opens no new one (`cause`).
 */
export class SessionLost extends Error {
  override readonly name = 'SessionLost';
  readonly retriable = true;
  readonly mayHaveRun: boolean;
  constructor(message: string, options: { mayHaveRun: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.mayHaveRun = options.mayHaveRun;
  }
}

/** `close()` was called before the command had begun. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';
  readonly retriable = false;
  readonly mayHaveRun = false;
  constructor(address: string) {
    super(`The connection to ${address} was closed`);
  }
}

export { MalformedPacket } from './wire/malformed-packet.js';
