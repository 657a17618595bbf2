import { randomInt } from 'node:crypto';
import type { Command } from '../commands/command.js';
import {
  CIPHER_SUITE_PIECE_BYTES,
  CIPHER_SUITE_PIECES,
  getChannelCipherSuites,
} from '../commands/app/get-channel-cipher-suites.js';
import {
  getChannelAuthenticationCapabilities,
  type AuthenticationCapabilities,
} from '../commands/app/get-channel-authentication-capabilities.js';
import { BmcRefused, MalformedPacket } from '../errors.js';
import type { Privilege } from '../privilege.js';
import { decodeCipherSuiteRecords } from '../wire/cipher-suites.js';
import { decodeResponse, encodeRequest, type IpmiResponse } from '../wire/ipmi-message.js';
import { decodePresencePong, encodePresencePing, type PresencePong } from '../wire/presence-ping.js';
import {
  decodeSessionPacket,
  encodeIpmi15OutOfSession,
  encodeOutOfSession,
  PayloadType,
} from '../wire/session-packet.js';
import type { Patience, UdpLink } from './udp-link.js';

/* What a BMC answers to anyone, without a session. Nothing here is signed: it is a hint, not a proof. */

export const ping = (link: UdpLink, patience: Patience): Promise<PresencePong> => {
  // 255 would say that no answer is wanted (table 13-6).
  const tag = randomInt(255);
  return link.exchange(
    {
      what: 'Presence Ping',
      datagram: () => encodePresencePing(tag),
      accept: datagram => {
        const pong = decodePresencePong(datagram);
        return pong.tag === tag ? pong : undefined;
      },
    },
    patience,
  );
};

export const readAuthenticationCapabilities = async (
  link: UdpLink,
  privilege: Privilege,
  patience: Patience,
): Promise<AuthenticationCapabilities> => {
  // Every BMC takes this one in the format of IPMI 1.5 (section 22.13).
  const command = getChannelAuthenticationCapabilities(privilege);
  return (await runSessionless(link, command, patience, ['ipmi 1.5'])).answer;
};

/** Ids of the standard cipher suites on offer, or undefined where the BMC gives no list that can be read. @throws BmcUnreachable */
export const readCipherSuites = async (link: UdpLink, patience: Patience): Promise<number[] | undefined> => {
  const pieces: Buffer[] = [];
  // A BMC may refuse a command of IPMI 2.0 in the older format (section 13.4.1); ipmi_sim takes it in no other.
  let formats: readonly Format[] = ['rmcp+', 'ipmi 1.5'];
  try {
    for (let index = 0; index < CIPHER_SUITE_PIECES; index++) {
      const { answer, format } = await runSessionless(link, getChannelCipherSuites(index), patience, formats);
      formats = [format];
      pieces.push(answer);
      if (answer.length < CIPHER_SUITE_PIECE_BYTES) break;
    }
    return decodeCipherSuiteRecords(Buffer.concat(pieces));
  } catch (error) {
    if (error instanceof BmcRefused || error instanceof MalformedPacket) return undefined;
    throw error;
  }
};

type Format = 'rmcp+' | 'ipmi 1.5';

/** Sends in each of the formats in turn; says in which one the answer came. */
const runSessionless = async <Answer>(
  link: UdpLink,
  command: Command<Answer>,
  patience: Patience,
  formats: readonly Format[],
): Promise<{ readonly answer: Answer; readonly format: Format }> => {
  const { netFn, code, data } = command;
  const sequence = randomInt(64);
  const request = encodeRequest({ netFn, lun: 0, sequence, command: code, data });
  const { response, format } = await link.exchange<{ response: IpmiResponse; format: Format }>(
    {
      what: command.name,
      datagram: transmission =>
        formats[transmission % formats.length] === 'rmcp+'
          ? encodeOutOfSession(PayloadType.ipmi, request)
          : encodeIpmi15OutOfSession(request),
      accept(datagram) {
        const packet = decodeSessionPacket(datagram);
        if (packet.format === 'rmcp+' && (packet.payloadType !== PayloadType.ipmi || packet.sessionId !== 0))
          return undefined;
        const response = decodeResponse(packet.payload);
        const isOurs = response.sequence === sequence && response.netFn === netFn && response.command === code;
        return isOurs ? { response, format: packet.format } : undefined;
      },
    },
    patience,
  );
  if (response.completionCode !== 0)
    throw new BmcRefused(command.name, response.completionCode, command.completionTexts);
  return { answer: command.decode(response.data), format };
};
