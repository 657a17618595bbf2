import {
  BmcCredentialsRejected,
  BmcRefused,
  BmcUnreachable,
  CipherSuiteRefused,
  ConnectionClosed,
  MalformedPacket,
  SessionLost,
  SessionRefused,
  type ConnectOptions,
} from '#ipmi-js';
import { HardwareRefused, HardwareUnreachable } from '../hardware-type.js';
import { CORRECT_DRIVER_INFO } from './driver-info.js';

/**
 * A failure of ipmi-js as one of the machine: a sentence that names the BMC, and what to do about it. Those of ipmi-js
 * hold no secrets, and nothing of driver_info but the address is added. Other errors are faults of ours and stay.
 */
export const hardwareFault = (error: unknown, { host, port, privilege }: ConnectOptions): unknown => {
  const at = `the BMC at ${host}:${port}`;
  if (error instanceof BmcUnreachable)
    return new HardwareUnreachable(`the BMC ${error.message}`, REACH_IT, { cause: error });
  if (error instanceof SessionLost || error instanceof ConnectionClosed)
    return new HardwareUnreachable(`${at}: ${error.message}`, TRY_AGAIN, { cause: error });
  if (error instanceof SessionRefused)
    return error.retriable
      ? new HardwareUnreachable(`the BMC ${error.message}`, FREE_SESSIONS, { cause: error })
      : new HardwareRefused(`the BMC ${error.message}`, RESET_IT, { cause: error });
  if (error instanceof BmcCredentialsRejected)
    return new HardwareRefused(
      `the BMC ${error.message}; look at ipmi_username, ipmi_password, ipmi_hex_kg_key and ipmi_priv_level in driver_info`,
      CORRECT_DRIVER_INFO,
      { cause: error },
    );
  if (error instanceof CipherSuiteRefused)
    return new HardwareRefused(`the BMC ${error.message}; look at ipmi_cipher_suite in driver_info`, SUITES, {
      cause: error,
    });
  if (error instanceof BmcRefused) return refusal(error, at, String(privilege));
  if (error instanceof MalformedPacket)
    return new HardwareRefused(`${at} answers in a way that IPMI does not know: ${error.message}`, RESET_IT, {
      cause: error,
    });
  if (error instanceof RangeError)
    return new HardwareRefused(`driver_info ipmi_${error.message}`, CORRECT_DRIVER_INFO, { cause: error });
  return error;
};

const INSUFFICIENT_PRIVILEGE = 0xd4;

const refusal = (error: BmcRefused, at: string, privilege: string): Error => {
  const sentence = `${at} refuses ${error.message}`;
  if (error.retriable) return new HardwareUnreachable(sentence, TRY_AGAIN, { cause: error });
  if (error.completionCode !== INSUFFICIENT_PRIVILEGE) return new HardwareRefused(sentence, RESET_IT, { cause: error });
  return new HardwareRefused(
    `${sentence}; ipmi_priv_level in driver_info is ${privilege.toUpperCase()}`,
    'Raise ipmi_priv_level, or the rights that the user has in the BMC.',
    { cause: error },
  );
};

const REACH_IT =
  'Look at ipmi_address and ipmi_port, at whether IPMI over LAN is switched on in the BMC, and at whether UDP from this conductor gets there.';
const TRY_AGAIN = 'The BMC was busy or restarting: try again.';
const FREE_SESSIONS =
  'Other clients hold its sessions: wait a minute until they time out, or end them, then try again.';
const SUITES = 'Leave ipmi_cipher_suite out, or switch cipher suite 17 or 3 on in the BMC for this privilege level.';
const RESET_IT = "Look into the BMC's own log. A reset of the BMC, or newer firmware for it, may help.";
