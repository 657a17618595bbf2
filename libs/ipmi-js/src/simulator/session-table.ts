import { randomBytes, randomInt } from 'node:crypto';
import { privilegeNumber, type Privilege } from '../privilege.js';
import { cipherSuite, cipherSuiteOf, type CipherSuite, type CipherSuiteId } from '../wire/cipher-suites.js';
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
import { SequenceWindow } from '../wire/sequence-window.js';
import {
  decodeOpenSessionRequest,
  decodeRakp1,
  decodeRakp3,
  encodeOpenSessionResponse,
  encodeRakp2,
  encodeRakp4,
  encodeRefusal,
  isRefusal,
} from '../wire/session-setup.js';
import { SetupStatus } from '../wire/setup-status.js';
import type { After } from './timers.js';

export interface SimulatedUser {
  readonly password: string;
  /** Highest level of the user; default 'administrator'. */
  readonly privilege?: Privilege;
}

/** A session whose handshake is complete. */
export interface ActiveSession {
  readonly managedSessionId: number;
  readonly consoleSessionId: number;
  readonly protection: Protection;
  readonly received: SequenceWindow;
  /** Highest level that the session may have. */
  readonly limit: number;
  /** Level in force. */
  privilege: number;
  /** Session sequence number last sent. */
  sent: number;
}

interface HalfOpenSession {
  readonly managedSessionId: number;
  readonly consoleSessionId: number;
  readonly suite: CipherSuite;
  /** After RAKP message 1. */
  challenge?: { readonly exchange: KeyExchange; readonly userKey: Buffer; readonly limit: number };
}

/** The BMC's side of session set-up (IPMI 2.0, sections 13.17 to 13.23), and its table of sessions. */
export interface SessionTable {
  readonly active: readonly ActiveSession[];
  /** Answers the payload of the response. @throws MalformedPacket */
  openSession(request: Buffer): Buffer;
  rakp1(message: Buffer): Buffer;
  /** Undefined where the console gave up: that has no answer. */
  rakp3(message: Buffer): Buffer | undefined;
  find(managedSessionId: number): ActiveSession | undefined;
  /** A valid message came: the session does not time out. */
  touch(session: ActiveSession): void;
  close(managedSessionId: number): boolean;
  forgetAll(): void;
}

const NAME_ONLY_LOOKUP = 0x10;

export const createSessionTable = (parts: {
  readonly users: Readonly<Record<string, SimulatedUser>>;
  readonly cipherSuites: readonly CipherSuiteId[];
  readonly bmcKey?: Buffer;
  readonly guid: Buffer;
  readonly maxSessions: number;
  readonly idleTimeoutMs: number;
  readonly after: After;
}): SessionTable => {
  const { users, cipherSuites, bmcKey, guid, maxSessions, idleTimeoutMs, after } = parts;
  const halfOpen = new Map<number, HalfOpenSession>();
  const active = new Map<number, ActiveSession>();
  const cancelTimeout = new Map<number, () => void>();

  const forget = (id: number): boolean => {
    cancelTimeout.get(id)?.();
    cancelTimeout.delete(id);
    halfOpen.delete(id);
    return active.delete(id);
  };

  const expectLife = (id: number): void => {
    cancelTimeout.get(id)?.();
    cancelTimeout.set(
      id,
      after(idleTimeoutMs, () => forget(id)),
    );
  };

  const openSession = (request: Buffer): Buffer => {
    const { tag, consoleSessionId, privilege, ...algorithms } = decodeOpenSessionRequest(request);
    const refuse = (status: number): Buffer => encodeRefusal({ tag, status, sessionId: consoleSessionId });
    const suite = cipherSuiteOf(algorithms);
    if (!suite || !cipherSuites.includes(suite.id)) return refuse(SetupStatus.noCipherSuiteMatch);
    if (halfOpen.size + active.size >= maxSessions) return refuse(SetupStatus.noResources);
    const managedSessionId = randomInt(1, 2 ** 32);
    halfOpen.set(managedSessionId, { managedSessionId, consoleSessionId, suite });
    expectLife(managedSessionId);
    return encodeOpenSessionResponse({
      tag,
      status: 0,
      privilege: privilege || privilegeNumber('administrator'),
      consoleSessionId,
      managedSessionId,
      ...cipherSuite(suite.id),
    });
  };

  const rakp1 = (message: Buffer): Buffer => {
    const { tag, managedSessionId, consoleRandom, role, username } = decodeRakp1(message);
    const session = halfOpen.get(managedSessionId);
    const sessionId = session?.consoleSessionId ?? 0;
    const refuse = (status: number): Buffer => encodeRefusal({ tag, status, sessionId });
    if (!session) return refuse(SetupStatus.invalidSessionId);
    const requested = role & 0x0f;
    if (requested < 1 || requested > privilegeNumber('oem')) return refuse(SetupStatus.invalidRole);
    const name = username.toString();
    const user = Object.hasOwn(users, name) ? users[name] : undefined;
    const limit = privilegeNumber(user?.privilege ?? 'administrator');
    const found = user && ((role & NAME_ONLY_LOOKUP) !== 0 || limit === requested);
    if (!found) return refuse(SetupStatus.unauthorizedName);

    const exchange: KeyExchange = {
      consoleSessionId: sessionId,
      managedSessionId,
      consoleRandom,
      // A new one for every message, a retry included: the harsher of the ways that BMCs have.
      managedRandom: randomBytes(16),
      managedGuid: guid,
      role,
      username,
    };
    const userKey = Buffer.from(user.password);
    session.challenge = { exchange, userKey, limit: Math.min(limit, requested) };
    return encodeRakp2({
      tag,
      status: 0,
      consoleSessionId: sessionId,
      managedRandom: exchange.managedRandom,
      managedGuid: guid,
      authCode: rakp2AuthCode(session.suite, exchange, userKey),
    });
  };

  const rakp3 = (payload: Buffer): Buffer | undefined => {
    const message = decodeRakp3(payload);
    if (isRefusal(message)) {
      if (halfOpen.has(message.sessionId)) forget(message.sessionId);
      return undefined;
    }
    const { tag, managedSessionId } = message;
    const session = halfOpen.get(managedSessionId);
    const sessionId = session?.consoleSessionId ?? 0;
    const refuse = (status: number): Buffer => encodeRefusal({ tag, status, sessionId });
    if (!session?.challenge) return refuse(SetupStatus.invalidSessionId);
    const { suite, challenge } = session;
    const { exchange, userKey, limit } = challenge;
    if (!sameCode(message.authCode, rakp3AuthCode(suite, exchange, userKey))) {
      forget(managedSessionId);
      return refuse(SetupStatus.invalidIntegrityCheck);
    }
    const sik = sessionIntegrityKey(suite, exchange, bmcKey ?? userKey);
    halfOpen.delete(managedSessionId);
    active.set(managedSessionId, {
      managedSessionId,
      consoleSessionId: sessionId,
      protection: protect(suite, sessionKeys(suite, sik)),
      received: new SequenceWindow(),
      limit,
      privilege: Math.min(limit, privilegeNumber('user')),
      sent: 0,
    });
    return encodeRakp4({
      tag,
      status: 0,
      consoleSessionId: sessionId,
      integrityCheck: rakp4IntegrityCheck(suite, exchange, sik),
    });
  };

  return {
    get active() {
      return [...active.values()];
    },
    openSession,
    rakp1,
    rakp3,
    find: id => active.get(id),
    touch: session => expectLife(session.managedSessionId),
    close: forget,
    forgetAll() {
      for (const id of [...halfOpen.keys(), ...active.keys()]) forget(id);
    },
  };
};
