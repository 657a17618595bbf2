import { decodeRequest, encodeResponse } from '../wire/ipmi-message.js';
import { decodePresencePing, encodePresencePong } from '../wire/presence-ping.js';
import { decodeRmcp } from '../wire/rmcp.js';
import { nextSequence } from '../wire/sequence-window.js';
import {
  decodeSessionPacket,
  encodeIpmi15OutOfSession,
  encodeOutOfSession,
  PayloadType,
  type SessionPacket,
} from '../wire/session-packet.js';
import { commandFor, permission, type SimulatedBmc, type Reply } from './command-table.js';
import type { ActiveSession } from './session-table.js';

/** Twists of an answer that faults ask for. */
export interface Twist {
  /** Completion code instead of running the command. */
  readonly refuseWith?: number;
  /** Added to the session sequence number of this answer only. */
  readonly sequenceShift?: number;
}

/** A request that the BMC understood, and has not carried out yet. */
export interface Request {
  /** The specification's name of it. */
  readonly name: string;
  /** Carries it out; answers the datagram to send back, if any. Once only. */
  answer(twist?: Twist): Buffer | undefined;
}

/** Undefined for what a BMC drops: packets of no session, signed wrongly, or received before. @throws MalformedPacket */
export const readRequest = (datagram: Buffer, bmc: SimulatedBmc): Request | undefined => {
  if (decodeRmcp(datagram).rmcpClass === 'asf') return presencePing(datagram);
  const packet = decodeSessionPacket(datagram);
  if (packet.format === 'ipmi 1.5') return command(packet.payload, bmc, undefined, encodeIpmi15OutOfSession);
  if (packet.sessionId !== 0) return inSession(packet, bmc);
  if (packet.payloadType === PayloadType.ipmi)
    return command(packet.payload, bmc, undefined, message => encodeOutOfSession(PayloadType.ipmi, message));
  return sessionSetup(packet.payloadType, packet.payload, bmc);
};

const presencePing = (datagram: Buffer): Request => {
  const { tag } = decodePresencePing(datagram);
  return {
    name: 'Presence Ping',
    answer: () => encodePresencePong({ tag, supportsIpmi: true, supportsSecurityExtensions: false }),
  };
};

const sessionSetup = (payloadType: number, payload: Buffer, { sessions }: SimulatedBmc): Request | undefined => {
  const step = (name: string, work: (message: Buffer) => Buffer | undefined): Request => ({
    name,
    answer() {
      const response = work(payload);
      return response && encodeOutOfSession(payloadType + 1, response);
    },
  });
  if (payloadType === PayloadType.openSessionRequest) return step('Open Session Request', sessions.openSession);
  if (payloadType === PayloadType.rakp1) return step('RAKP Message 1', sessions.rakp1);
  if (payloadType === PayloadType.rakp3) return step('RAKP Message 3', sessions.rakp3);
  return undefined;
};

const inSession = (packet: SessionPacket & { format: 'rmcp+' }, bmc: SimulatedBmc): Request | undefined => {
  const session = bmc.sessions.find(packet.sessionId);
  if (!session) return undefined;
  const { sequence, payloadType, payload } = session.protection.open(packet);
  if (!session.received.take(sequence) || payloadType !== PayloadType.ipmi) return undefined;
  bmc.sessions.touch(session);
  return command(payload, bmc, session, (message, { sequenceShift = 0 }) => {
    session.sent = nextSequence(session.sent);
    return session.protection.seal({
      payloadType: PayloadType.ipmi,
      sessionId: session.consoleSessionId,
      sequence: session.sent + sequenceShift,
      payload: message,
    });
  });
};

const command = (
  message: Buffer,
  bmc: SimulatedBmc,
  session: ActiveSession | undefined,
  wrap: (message: Buffer, twist: Twist) => Buffer,
): Request => {
  const { netFn, lun, sequence, command: code, data } = decodeRequest(message);
  const simulated = commandFor(netFn, code);
  return {
    name: simulated.name,
    answer(twist = {}) {
      const refusal = twist.refuseWith ?? permission(simulated, session);
      const reply: Reply = refusal ? { completionCode: refusal } : simulated.run(data, bmc, session);
      const { completionCode, data: answer = Buffer.alloc(0) } = reply;
      return wrap(encodeResponse({ netFn, lun, sequence, command: code, completionCode, data: answer }), twist);
    },
  };
};
