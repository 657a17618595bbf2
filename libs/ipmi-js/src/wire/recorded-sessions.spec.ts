import { describe, expect, it } from '@jest/globals';
import { cipherSuite, type CipherSuiteId } from './cipher-suites.js';
import { decodeRequest, decodeResponse } from './ipmi-message.js';
import { protect } from './protection.js';
import {
  rakp2AuthCode,
  rakp3AuthCode,
  rakp4IntegrityCheck,
  sessionIntegrityKey,
  sessionKeys,
  type KeyExchange,
} from './rakp.js';
import { decodeSessionPacket } from './session-packet.js';
import {
  decodeOpenSessionRequest,
  decodeOpenSessionResponse,
  decodeRakp1,
  decodeRakp2,
  decodeRakp3,
  decodeRakp4,
  isRefusal,
  type Refusal,
} from './session-setup.js';

/**
 * Whole sessions between programs of other people, recorded on the wire: ipmitool 1.8.19 with OpenIPMI's ipmi_sim
 * 2.0.33 (suite 3) and with goipmi-server 0.9.1 (suite 17). User "admin", password "secret", no BMC key.
 * In order: Open Session Request and Response, RAKP messages 1 to 4, Set Session Privilege Level and its answer, and
 * further down Get Chassis Status and its answer.
 */
const RECORDED: Record<CipherSuiteId, { setup: string[]; privilege: string[]; status: string[]; answer: string }> = {
  3: {
    setup: [
      '0600ff0706100000000000000000200000000000a4a3a2a0000000080100000001000008010000000200000801000000',
      '0600ff0706110000000000000000240000000000a4a3a2a002000000000000080100000001000008010000000200000801000000',
      '0600ff0706120000000000000000210000000000020000009fe38e55a601b0d9052ba72258fc71fb1400000561646d696e',
      '0600ff07061300000000000000003c0000000000a4a3a2a0444bfdb916d4df9da07f32b6a31d6b5aa123456789abcdefa123456789abcdef10fe5bd142dde9134c023f2cd8a273614828d324',
      '0600ff07061400000000000000001c0000000000020000002b5b1886e1376959682b88aefa82069a5a9a58b1',
      '0600ff0706150000000000000000140000000000a4a3a2a074832426caffcf57dff8986c',
    ],
    privilege: [
      '0600ff0706c0020000000300000020007342f97d3b9d4f8570bc226596c7a8272be7a0d3c0223d02cf99fcd5dc1595a5ffff020707102c655a7bb9b52c527cba',
      '0600ff0706c0a4a3a2a0010000002000ed27dd3a3f4021b8946289599b484d40c53797976595f15ce20ce10db347e155ffff02070cf043283cf05598fd62bef7',
    ],
    status: [
      '0600ff0706c002000000080000002000cbb11f1128c0effdb3c459c1d475d535475a62649b2ad925e2f85da6dccd3c30ffff0207911a55289d1430cacf9ff5bb',
      '0600ff0706c0a4a3a2a006000000200004e169456df5a343bf0a1f357d73dee57b7e856978a76c8039c93eb9032dc7edffff02070e8fdf44c3e7c79601aa8ce5',
    ],
    answer: '010000',
  },
  17: {
    setup: [
      '0600ff0706100000000000000000200000000000a4a3a2a0000000080300000001000008040000000200000801000000',
      '0600ff0706110000000000000000240000000400a4a3a2a0a483c546000000080300000001000008040000000200000801000000',
      '0600ff0706120000000000000000210000000000a483c546da05b1028ce9ac9d0f85fff2dc88f4511400000561646d696e',
      '0600ff0706130000000000000000480000000000a4a3a2a0f9afb1c94ad8b7c58e751dc78f5cbe4b676f2d69706d692d6532650000000000178cd77d19b999418294802c46ee0726e5118e306c59dc87819d714be3c56fc1',
      '0600ff0706140000000000000000280000000000a483c546ba1e3481ce7411f157b0b3254b6e774c2cb872ad0164573ee98b47d83e112a77',
      '0600ff0706150000000000000000180000000000a4a3a2a095d5ac40904edfd8870afe55e24b3595',
    ],
    privilege: [
      '0600ff0706c0a483c5460300000020000c01eb68ddfc5d511ac99bda3b16c0304a2dc4f70234d17fe4ed12fba7c313e3ffff0207b41054e1229c5a9bc7f2b1069d9b7ea5',
      '0600ff0706c0a4a3a2a0010000002000b5001089021ee0d60a727473e68cebc90cfa3b398728effba24520fb8659f909ffff0207a868111d03482f80e3d7e2d04d23ae70',
    ],
    status: [
      '0600ff0706c0a483c5460800000020007b25ee40c6626545e3562ce2b43636975b0bdae3a89a4b044f5df8c4933cf3e5ffff0207e242c756b2d959e7aeb75dddf2f1a376',
      '0600ff0706c0a4a3a2a006000000200098edaf3465173dbbb8713bed11dee48feba8dab8a0299f5346bf0e4c2e2165b8ffff0207c3908e466fe6e2a6c382687955a9218d',
    ],
    answer: '00004000',
  },
};

const accepted = <Message extends { status: number }>(message: Message | Refusal): Message => {
  if (isRefusal(message)) throw new Error('The recording holds no refusal');
  return message;
};

const packetOf = (hex: string) => {
  const packet = decodeSessionPacket(Buffer.from(hex, 'hex'));
  if (packet.format !== 'rmcp+') throw new Error('The recording is of RMCP+');
  return packet;
};

describe.each([3, 17] as const)('A recorded session with cipher suite %i', id => {
  const suite = cipherSuite(id);
  const recorded = RECORDED[id];
  const payloads = recorded.setup.map(hex => packetOf(hex).payload);
  const password = Buffer.from('secret');

  const request = decodeOpenSessionRequest(payloads[0]!);
  const response = accepted(decodeOpenSessionResponse(payloads[1]!));
  const rakp1 = decodeRakp1(payloads[2]!);
  const rakp2 = accepted(decodeRakp2(payloads[3]!));
  const rakp3 = accepted(decodeRakp3(payloads[4]!));
  const rakp4 = accepted(decodeRakp4(payloads[5]!));
  const exchange: KeyExchange = { ...rakp1, ...rakp2, ...response };
  const sik = sessionIntegrityKey(suite, exchange, password);
  const protection = protect(suite, sessionKeys(suite, sik));

  it('proposes and agrees on the algorithms of the suite', () => {
    const { authentication, integrity, confidentiality } = suite;
    expect(request).toMatchObject({ authentication, integrity, confidentiality });
    expect(response).toMatchObject({ authentication, integrity, confidentiality });
    expect(response.consoleSessionId).toBe(request.consoleSessionId);
  });

  it('names the user, looked up by name, at administrator level', () => {
    expect(rakp1.username.toString()).toBe('admin');
    expect(rakp1.role).toBe(0x14);
  });

  it('has the codes that RAKP asks for', () => {
    expect(rakp2AuthCode(suite, exchange, password)).toEqual(rakp2.authCode);
    expect(rakp3AuthCode(suite, exchange, password)).toEqual(rakp3.authCode);
    expect(rakp4IntegrityCheck(suite, exchange, sik)).toEqual(rakp4.integrityCheck);
  });

  it('has other codes with another password, user name or role', () => {
    expect(rakp2AuthCode(suite, exchange, Buffer.from('Secret'))).not.toEqual(rakp2.authCode);
    expect(rakp2AuthCode(suite, { ...exchange, username: Buffer.from('Admin') }, password)).not.toEqual(rakp2.authCode);
    expect(rakp2AuthCode(suite, { ...exchange, role: 0x04 }, password)).not.toEqual(rakp2.authCode);
  });

  it('opens to the session privilege level', () => {
    const [sent, received] = recorded.privilege.map(hex => protection.open(packetOf(hex)));
    const request = decodeRequest(sent!.payload);
    expect(request).toMatchObject({ netFn: 6, command: 0x3b });
    expect(request.data).toEqual(Buffer.of(4));
    expect(decodeResponse(received!.payload)).toMatchObject({ netFn: 6, command: 0x3b, completionCode: 0 });
  });

  it('opens to the chassis status', () => {
    const [sent, received] = recorded.status.map(hex => protection.open(packetOf(hex)));
    expect(decodeRequest(sent!.payload)).toMatchObject({ netFn: 0, command: 1 });
    const { netFn, command, completionCode, data } = decodeResponse(received!.payload);
    expect({ netFn, command, completionCode }).toEqual({ netFn: 0, command: 1, completionCode: 0 });
    expect(data.toString('hex')).toBe(recorded.answer);
  });

  it('does not open when one bit was changed, wherever', () => {
    const whole = Buffer.from(recorded.status[1]!, 'hex');
    for (let byte = 4; byte < whole.length; byte++) {
      const changed = Buffer.from(whole);
      changed[byte]! ^= 0x01;
      expect(() => protection.open(decodeSessionPacket(changed))).toThrow(
        expect.objectContaining({ name: 'MalformedPacket' }),
      );
    }
  });
});
