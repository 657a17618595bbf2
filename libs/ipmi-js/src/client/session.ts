import { closeSession } from '../commands/app/close-session.js';
import {
  LEVEL_EXCEEDS_LIMIT,
  LEVEL_NOT_AVAILABLE,
  setSessionPrivilegeLevel,
} from '../commands/app/set-session-privilege-level.js';
import type { Command } from '../commands/command.js';
import { INSUFFICIENT_PRIVILEGE, NODE_BUSY } from '../completion-codes.js';
import { BmcCredentialsRejected, BmcRefused } from '../errors.js';
import { privilegeNumber } from '../privilege.js';
import type { CipherSuite } from '../wire/cipher-suites.js';
import { decodeResponse, encodeRequest, type IpmiResponse } from '../wire/ipmi-message.js';
import { nextSequence, SequenceWindow } from '../wire/sequence-window.js';
import { decodeSessionPacket, PayloadType } from '../wire/session-packet.js';
import { handshake, type Agreement, type Credentials } from './handshake.js';
import type { Patience, UdpLink } from './udp-link.js';

/** An open session; one command at a time. */
export interface Session {
  readonly suite: CipherSuite;
  /** Milliseconds since the BMC last answered in this session. */
  idleMs(): number;
  /**
   * Runs a command. Where it must not `repeat`, it is sent once and the whole of the patience is spent on waiting.
   *
   * @throws BmcUnreachable no answer: the BMC is away, or it no longer knows the session and says nothing
   * @throws BmcRefused
   * @throws MalformedPacket the answer is signed but is not what the specification says
   */
  run<Answer>(command: Command<Answer>, repeat: boolean): Promise<Answer>;
  /** Frees it in the BMC; it is no error when the BMC does not answer. */
  close(): Promise<void>;
  /** The same without waiting for an answer: a BMC that was only slow would keep one of its few sessions for it. */
  abandon(): void;
}

const BUSY_PAUSE_MS = 200;

/** @throws BmcUnreachable @throws BmcCredentialsRejected @throws CipherSuiteRefused @throws SessionRefused */
export const openSession = async (
  link: UdpLink,
  suite: CipherSuite,
  credentials: Credentials,
  patience: Patience,
): Promise<Session> => {
  const session = sessionOver(link, await handshake(link, suite, credentials, patience), patience);
  // A session begins at user level, whatever was asked for in RAKP message 1 (section 22.18).
  if (privilegeNumber(credentials.privilege) <= privilegeNumber('user')) return session;
  try {
    await session.run(setSessionPrivilegeLevel(credentials.privilege), true);
    return session;
  } catch (error) {
    await session.close();
    throw error instanceof BmcRefused && NOT_ALLOWED.includes(error.completionCode)
      ? new BmcCredentialsRejected(`${link.name} does not give this user the level "${credentials.privilege}"`)
      : error;
  }
};

const NOT_ALLOWED: readonly number[] = [LEVEL_NOT_AVAILABLE, LEVEL_EXCEEDS_LIMIT, INSUFFICIENT_PRIVILEGE];

const sessionOver = (link: UdpLink, agreement: Agreement, patience: Patience): Session => {
  const { suite, protection, consoleSessionId, managedSessionId } = agreement;
  const received = new SequenceWindow();
  let sent = 0;
  /** Sequence number of the request inside the message, 6 bits; retries of a request keep it. */
  let requests = 0;
  let answeredAt = performance.now();

  const seal = (message: Buffer): Buffer => {
    sent = nextSequence(sent);
    return protection.seal({
      payloadType: PayloadType.ipmi,
      sessionId: managedSessionId,
      sequence: sent,
      payload: message,
    });
  };

  /** The IPMI response in a datagram of this session that was not seen before. */
  const open = (datagram: Buffer): IpmiResponse | undefined => {
    const packet = decodeSessionPacket(datagram);
    if (packet.format !== 'rmcp+' || packet.sessionId !== consoleSessionId) return undefined;
    const { sequence, payloadType, payload } = protection.open(packet);
    if (!received.take(sequence) || payloadType !== PayloadType.ipmi) return undefined;
    return decodeResponse(payload);
  };

  const messageFor = ({ netFn, code, data }: Command<unknown>): { sequence: number; message: Buffer } => {
    requests = (requests + 1) % 64;
    return { sequence: requests, message: encodeRequest({ netFn, lun: 0, sequence: requests, command: code, data }) };
  };

  const ask = async <Answer>(command: Command<Answer>, patienceForIt: Patience): Promise<Answer> => {
    const { netFn, code } = command;
    const { sequence, message } = messageFor(command);
    const response = await link.exchange<IpmiResponse>(
      {
        what: command.name,
        datagram: () => seal(message),
        accept(datagram) {
          const answer = open(datagram);
          return answer?.sequence === sequence && answer.command === code && answer.netFn === netFn
            ? answer
            : undefined;
        },
      },
      patienceForIt,
    );
    answeredAt = performance.now();
    if (response.completionCode !== 0)
      throw new BmcRefused(command.name, response.completionCode, command.completionTexts);
    return command.decode(response.data);
  };

  return {
    suite,
    idleMs: () => performance.now() - answeredAt,

    async run(command, repeat) {
      const { timeoutMs, retries } = patience;
      const patienceForIt = repeat ? patience : { timeoutMs: timeoutMs * (retries + 1), retries: 0 };
      for (let attempt = 0; ; attempt++) {
        try {
          return await ask(command, patienceForIt);
        } catch (error) {
          // "Node busy" says that nothing was done, so that any command may be sent again.
          const busy = error instanceof BmcRefused && error.completionCode === NODE_BUSY;
          if (!busy || attempt >= retries) throw error;
          await new Promise(resolve => setTimeout(resolve, BUSY_PAUSE_MS));
        }
      }
    },

    async close() {
      try {
        await ask(closeSession(managedSessionId), { timeoutMs: patience.timeoutMs, retries: 0 });
      } catch {
        // The BMC drops the session by itself after a minute of silence (section 6.12.15).
      }
    },

    abandon: () => link.send(seal(messageFor(closeSession(managedSessionId)).message)),
  };
};
