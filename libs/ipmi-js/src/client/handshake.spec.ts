import { describe, expect, it } from '@jest/globals';
import { createSessionTable } from '../simulator/session-table.js';
import { rejection, scriptedLink } from '../simulator/test-bench.js';
import { cipherSuite } from '../wire/cipher-suites.js';
import { decodeSessionPacket, encodeOutOfSession, PayloadType } from '../wire/session-packet.js';
import { encodeRefusal } from '../wire/session-setup.js';
import { handshake, type Credentials } from './handshake.js';

const suite = cipherSuite(17);
const patience = { timeoutMs: 1, retries: 2 };
const credentials: Credentials = {
  username: Buffer.from('admin'),
  userKey: Buffer.from('secret'),
  privilege: 'administrator',
  usernameLookup: 'name',
};

/** A BMC whose answers are tampered with on their way: payload in, datagrams out. */
const tampered = (tamper: (payloadType: number, payload: Buffer) => readonly Buffer[]) => {
  const table = createSessionTable({
    users: { admin: { password: 'secret' } },
    cipherSuites: [17],
    guid: Buffer.alloc(16, 0x47),
    maxSessions: 8,
    idleTimeoutMs: 1,
    after: () => () => {},
  });
  const answer = (payloadType: number, payload: Buffer): Buffer | undefined => {
    if (payloadType === PayloadType.openSessionRequest) return table.openSession(payload);
    return payloadType === PayloadType.rakp1 ? table.rakp1(payload) : table.rakp3(payload);
  };
  return scriptedLink(datagram => {
    const packet = decodeSessionPacket(datagram);
    if (packet.format !== 'rmcp+') return [];
    const payload = answer(packet.payloadType, packet.payload);
    return payload ? tamper(packet.payloadType + 1, payload) : [];
  });
};

/** Changes one byte of the payload of one type. */
const changing = (type: number, at: number, value: (byte: number) => number) =>
  tampered((payloadType, payload) => {
    const changed = Buffer.from(payload);
    if (payloadType === type) changed[at] = value(changed[at]!);
    return [encodeOutOfSession(payloadType, changed)];
  });

const payloadTypes = (datagrams: readonly Buffer[]): number[] =>
  datagrams.map(datagram => {
    const packet = decodeSessionPacket(datagram);
    return packet.format === 'rmcp+' ? packet.payloadType : -1;
  });

describe('The handshake', () => {
  it('takes three exchanges', async () => {
    const link = tampered((type, payload) => [encodeOutOfSession(type, payload)]);
    await handshake(link, suite, credentials, patience);
    expect(payloadTypes(link.sent)).toEqual([0x10, 0x12, 0x14]);
  });

  it('gives an impostor that does not know the password no proof of its own', async () => {
    const authCode = 40;
    const link = changing(PayloadType.rakp2, authCode, byte => byte ^ 1);
    expect(await rejection(handshake(link, suite, credentials, patience))).toMatchObject({
      name: 'BmcCredentialsRejected',
    });
    // The last message is a refusal: tag, status, reserved, session id, and no authentication code after them.
    const last = decodeSessionPacket(link.sent.at(-1)!);
    expect(last).toMatchObject({ payloadType: PayloadType.rakp3 });
    expect(last.payload).toHaveLength(8);
    expect(last.payload[1]).toBe(0x0f);
  });

  it('does not believe a BMC that cannot prove the key of the session', async () => {
    const link = changing(PayloadType.rakp4, 8, byte => byte ^ 1);
    expect(await rejection(handshake(link, suite, credentials, patience))).toMatchObject({
      name: 'BmcCredentialsRejected',
    });
  });

  it.each([
    ['authentication', 16],
    ['integrity', 24],
    ['confidentiality', 32],
  ])('lets no BMC choose another algorithm for %s', async (_, at) => {
    const link = changing(PayloadType.openSessionResponse, at, () => 0);
    expect(await rejection(handshake(link, suite, credentials, patience))).toMatchObject({
      name: 'CipherSuiteRefused',
    });
  });

  it.each([
    ['Open Session Response', PayloadType.openSessionResponse],
    ['RAKP message 2', PayloadType.rakp2],
    ['RAKP message 4', PayloadType.rakp4],
  ])('is not disturbed by a %s for another session, with another tag, or cut short', async (_, type) => {
    const link = tampered((payloadType, payload) => {
      const right = encodeOutOfSession(payloadType, payload);
      if (payloadType !== type) return [right];
      const [otherSession, otherTag] = [Buffer.from(payload), Buffer.from(payload)];
      otherSession[4]! ^= 1;
      otherSession[9]! ^= 1;
      otherTag[0]! ^= 1;
      const wrong = [otherSession, otherTag, payload.subarray(0, 7)];
      const refusal = encodeRefusal({ tag: payload[0]! ^ 1, status: 0x0d, sessionId: 0 });
      return [...[...wrong, refusal].map(bytes => encodeOutOfSession(payloadType, bytes)), right];
    });
    await handshake(link, suite, credentials, patience);
    expect(link.sent).toHaveLength(3);
  });

  it.each([
    [0x01, { name: 'SessionRefused', retriable: true, status: 0x01 }],
    [0x02, { name: 'SessionRefused', retriable: true, status: 0x02 }],
    [0x04, { name: 'CipherSuiteRefused', retriable: false }],
    [0x09, { name: 'BmcCredentialsRejected', retriable: false }],
    [0x0a, { name: 'BmcCredentialsRejected', retriable: false }],
    [0x0b, { name: 'SessionRefused', retriable: true }],
    [0x0d, { name: 'BmcCredentialsRejected', retriable: false }],
    [0x11, { name: 'CipherSuiteRefused', retriable: false }],
    [0x12, { name: 'SessionRefused', retriable: false }],
    [0x77, { name: 'SessionRefused', retriable: false }],
  ])('reads the status code %i', async (status, error) => {
    const link = tampered((type, payload) => [
      encodeOutOfSession(type, encodeRefusal({ tag: payload[0]!, status, sessionId: 0 })),
    ]);
    expect(await rejection(handshake(link, suite, credentials, patience))).toMatchObject(error);
  });

  it('ends where the BMC goes silent', async () => {
    const link = tampered((type, payload) => (type === PayloadType.rakp4 ? [] : [encodeOutOfSession(type, payload)]));
    expect(await rejection(handshake(link, suite, credentials, patience))).toMatchObject({ name: 'BmcUnreachable' });
  });

  it('begins anew as often as the patience allows when a BMC is confused by a retry', async () => {
    // The answer to RAKP message 3 is lost every time, and a second RAKP message 3 is refused.
    const link = tampered((type, payload) =>
      type === PayloadType.rakp4 && payload[1] === 0 ? [] : [encodeOutOfSession(type, payload)],
    );
    expect(await rejection(handshake(link, suite, credentials, { timeoutMs: 1, retries: 2 }))).toMatchObject({
      name: 'SessionRefused',
      status: 0x02,
    });
    const once = [0x10, 0x12, 0x14, 0x14];
    expect(payloadTypes(link.sent)).toEqual([...once, ...once, ...once]);
  });
});
