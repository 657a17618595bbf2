import { randomBytes, randomInt } from 'node:crypto';
import { BmcCredentialsRejected, CipherSuiteRefused, SessionRefused } from '../errors.js';
import { privilegeNumber, type Privilege } from '../privilege.js';
import { cipherSuiteOf, type Algorithms, type CipherSuite } from '../wire/cipher-suites.js';
import { protect, type Protection } from '../wire/protection.js';
import {
  rakp2AuthCode,
  rakp3AuthCode,
  rakp4IntegrityCheck,
  sameCode,
  sessionIntegrityKey,
  sessionKeys,
  type KeyExchange,
} from '../wire/rakp.js';
import { decodeSessionPacket, encodeOutOfSession, PayloadType } from '../wire/session-packet.js';
import {
  decodeOpenSessionResponse,
  decodeRakp2,
  decodeRakp4,
  encodeOpenSessionRequest,
  encodeRakp1,
  encodeRakp3,
  encodeRefusal,
  isRefusal,
  type Refusal,
} from '../wire/session-setup.js';
import { SetupStatus, setupStatusText, setupVerdict } from '../wire/setup-status.js';
import type { Patience, UdpLink } from './udp-link.js';

export interface Credentials {
  /** Up to 16 bytes. */
  readonly username: Buffer;
  /** K_UID, the password: up to 20 bytes. */
  readonly userKey: Buffer;
  /** K_g, the BMC key, where the BMC has one. */
  readonly bmcKey?: Buffer;
  readonly privilege: Privilege;
  readonly usernameLookup: 'name' | 'name and privilege';
}

/** What the handshake leaves behind: both sides are proved to know the keys. */
export interface Agreement {
  readonly suite: CipherSuite;
  readonly consoleSessionId: number;
  readonly managedSessionId: number;
  readonly protection: Protection;
}

/** Bit 4 of the role byte in RAKP message 1. */
const NAME_ONLY_LOOKUP = 0x10;

/**
 * Opens a session (IPMI 2.0, section 13.15): Open Session, then RAKP messages 1 to 4.
 *
 * A message whose answer is missing is sent again with the same tag, which is how a BMC knows a retry (table 13-11).
 * Those that take it for a new message answer the next step with an error; so after such a retry the whole handshake
 * is begun anew, at most `retries` times.
 *
 * @throws BmcUnreachable no answer to one of the messages
 * @throws BmcCredentialsRejected wrong user name, password, BMC key or privilege level
 * @throws CipherSuiteRefused
 * @throws SessionRefused
 */
export const handshake = async (
  link: UdpLink,
  suite: CipherSuite,
  credentials: Credentials,
  patience: Patience,
): Promise<Agreement> => {
  for (let attempt = 0; ; attempt++) {
    const outcome = await attemptHandshake(link, suite, credentials, patience);
    if (!('refusal' in outcome)) return outcome;
    const confused = outcome.retransmitted && CONFUSED_BY_RETRY.includes(outcome.refusal.status);
    if (!confused || attempt >= patience.retries) throw refused(link.name, suite, outcome.refusal);
  }
};

/** What a BMC says to the step after one that it took twice. */
const CONFUSED_BY_RETRY: readonly number[] = [
  SetupStatus.invalidSessionId,
  SetupStatus.inactiveSessionId,
  SetupStatus.invalidIntegrityCheck,
];

interface Refused {
  readonly refusal: Refusal;
  readonly retransmitted: boolean;
}

const attemptHandshake = async (
  link: UdpLink,
  suite: CipherSuite,
  credentials: Credentials,
  patience: Patience,
): Promise<Agreement | Refused> => {
  let retransmitted = false;
  const consoleSessionId = randomInt(1, 2 ** 32);

  /** One message and its answer, which carries the same tag and our session id. */
  const step = <Answer extends { readonly tag: number; readonly status: 0; readonly consoleSessionId: number }>(
    what: string,
    payloadType: number,
    encode: (tag: number) => Buffer,
    decode: (payload: Buffer) => Answer | Refusal,
  ): Promise<Answer | Refusal> => {
    const tag = randomInt(0, 256);
    const datagram = encodeOutOfSession(payloadType, encode(tag));
    return link.exchange<Answer | Refusal>(
      {
        what,
        datagram(transmission) {
          retransmitted ||= transmission > 0;
          return datagram;
        },
        accept(answer) {
          const packet = decodeSessionPacket(answer);
          if (packet.format !== 'rmcp+' || packet.payloadType !== payloadType + 1) return undefined;
          const message = decode(packet.payload);
          // Refusals may come without the session id.
          const isOurs = isRefusal(message) || message.consoleSessionId === consoleSessionId;
          return isOurs && message.tag === tag ? message : undefined;
        },
      },
      patience,
    );
  };

  const opened = await step(
    'Open Session Request',
    PayloadType.openSessionRequest,
    tag => encodeOpenSessionRequest({ tag, privilege: 0, consoleSessionId, ...suite }),
    decodeOpenSessionResponse,
  );
  if (isRefusal(opened)) return { refusal: opened, retransmitted };
  requireSuite(link.name, suite, opened);
  const { managedSessionId } = opened;

  const consoleRandom = randomBytes(16);
  const { username, userKey, bmcKey = userKey } = credentials;
  const role = privilegeNumber(credentials.privilege) | (credentials.usernameLookup === 'name' ? NAME_ONLY_LOOKUP : 0);
  const challenged = await step(
    'RAKP Message 1',
    PayloadType.rakp1,
    tag => encodeRakp1({ tag, managedSessionId, consoleRandom, role, username }),
    decodeRakp2,
  );
  if (isRefusal(challenged)) return { refusal: challenged, retransmitted };
  const { managedRandom, managedGuid } = challenged;
  const exchange: KeyExchange = {
    consoleSessionId,
    managedSessionId,
    consoleRandom,
    managedRandom,
    managedGuid,
    role,
    username,
  };
  if (!sameCode(challenged.authCode, rakp2AuthCode(suite, exchange, userKey))) {
    // Tells the BMC to give up the half-open session; it does not answer (section 13.22).
    const status = SetupStatus.invalidIntegrityCheck;
    link.send(encodeOutOfSession(PayloadType.rakp3, encodeRefusal({ tag: 0, status, sessionId: managedSessionId })));
    throw new BmcCredentialsRejected(`${link.name} has another password for this user`);
  }

  const finished = await step(
    'RAKP Message 3',
    PayloadType.rakp3,
    tag => encodeRakp3({ tag, status: 0, managedSessionId, authCode: rakp3AuthCode(suite, exchange, userKey) }),
    decodeRakp4,
  );
  if (isRefusal(finished)) return { refusal: finished, retransmitted };
  const sik = sessionIntegrityKey(suite, exchange, bmcKey);
  if (!sameCode(finished.integrityCheck, rakp4IntegrityCheck(suite, exchange, sik)))
    throw new BmcCredentialsRejected(`${link.name} has another BMC key (K_g)`);
  return { suite, consoleSessionId, managedSessionId, protection: protect(suite, sessionKeys(suite, sik)) };
};

/** A BMC that picks other algorithms than those proposed must not weaken the session. */
const requireSuite = (name: string, suite: CipherSuite, chosen: Algorithms): void => {
  if (cipherSuiteOf(chosen)?.id !== suite.id)
    throw new CipherSuiteRefused(`${name} answered cipher suite ${suite.id} with other algorithms`);
};

const refused = (name: string, suite: CipherSuite, { status }: Refusal): Error => {
  const text = setupStatusText(status);
  switch (setupVerdict(status)) {
    case 'credentials':
      return new BmcCredentialsRejected(`${name} rejects the credentials: ${text}`);
    case 'cipher suite':
      return new CipherSuiteRefused(`${name} refuses cipher suite ${suite.id}: ${text}`);
    case 'try again':
      return new SessionRefused(name, status, true);
    case 'refused':
      return new SessionRefused(name, status, false);
  }
};
