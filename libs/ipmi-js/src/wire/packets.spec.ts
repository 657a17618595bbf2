import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  cipherSuite,
  cipherSuiteOf,
  decodeCipherSuiteRecords,
  encodeCipherSuiteRecords,
  type CipherSuiteId,
} from './cipher-suites.js';
import { checksum, decodeRequest, decodeResponse, encodeRequest, encodeResponse } from './ipmi-message.js';
import { MalformedPacket } from './malformed-packet.js';
import { decodePresencePing, decodePresencePong, encodePresencePing, encodePresencePong } from './presence-ping.js';
import { decrypt, encrypt, protect } from './protection.js';
import { decodeRmcp } from './rmcp.js';
import {
  decodeSessionPacket,
  encodeIpmi15OutOfSession,
  encodeOutOfSession,
  encodeRmcpPlusMessage,
} from './session-packet.js';
import * as setup from './session-setup.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const byte = fc.integer({ min: 0, max: 255 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map(array => Buffer.from(array));
const exactly = (length: number) => bytes(length, length);
const suiteId = fc.constantFrom<CipherSuiteId[]>(3, 17);

describe('Bytes on the wire', () => {
  it('a presence ping (section 13.2.3)', () => {
    expect(encodePresencePing(0x2a)).toEqual(hex('0600ff06 000011be 80 2a 00 00'));
  });

  it('a presence pong (section 13.2.4)', () => {
    const pong = { tag: 0x2a, supportsIpmi: true, supportsSecurityExtensions: false };
    const datagram = hex('0600ff06 000011be 40 2a 00 10 000011be 00000000 81 00 000000000000');
    expect(encodePresencePong(pong)).toEqual(datagram);
    expect(decodePresencePong(datagram)).toEqual(pong);
  });

  it('Get Channel Authentication Capabilities as ipmitool sends it', () => {
    const request = { netFn: 6, lun: 0, sequence: 0, command: 0x38, data: Buffer.of(0x8e, 0x04) };
    expect(encodeIpmi15OutOfSession(encodeRequest(request))).toEqual(
      hex('0600ff07 00 00000000 00000000 09 20 18 c8 81 00 38 8e 04 b5'),
    );
  });

  it('its answer as ipmi_sim gives it', () => {
    const packet = decodeSessionPacket(
      hex('0600ff07 00 00000000 00000000 10 81 1c 63 20 00 38 00 01 84 04 03 00 00 00 00 1c'),
    );
    expect(packet.format).toBe('ipmi 1.5');
    expect(decodeResponse(packet.payload)).toEqual({
      netFn: 6,
      lun: 0,
      sequence: 0,
      command: 0x38,
      completionCode: 0,
      data: hex('01 84 04 03 00 00 00 00'),
    });
  });

  it('an Open Session Request for suite 17 (table 13-9)', () => {
    const request = { tag: 7, privilege: 0, consoleSessionId: 0xa0a2a3a4, ...cipherSuite(17) };
    expect(setup.encodeOpenSessionRequest(request)).toEqual(
      hex('07 00 0000 a4a3a2a0 00 0000 08 03 000000 01 0000 08 04 000000 02 0000 08 01 000000'),
    );
  });

  it('RAKP message 1 with a user name of five letters (table 13-11)', () => {
    const message = {
      tag: 1,
      managedSessionId: 2,
      consoleRandom: Buffer.alloc(16, 0xab),
      role: 0x14,
      username: Buffer.from('admin'),
    };
    expect(setup.encodeRakp1(message)).toEqual(hex(`01 000000 02000000 ${'ab'.repeat(16)} 14 0000 05 61646d696e`));
  });

  it('padding of AES: 1, 2, 3 … and its length (section 13.29)', () => {
    const key = Buffer.alloc(16, 0x11);
    const iv = Buffer.alloc(16, 0x22);
    // OpenSSL: echo 2018c88104380e0431 0102030405 06 | xxd -r -p | openssl enc -aes-128-cbc -nopad -K 11… -iv 22…
    expect(encrypt(key, hex('2018c88104380e0431'), iv).subarray(16)).toEqual(hex(PADDED_9_BYTES));
    expect(encrypt(key, Buffer.alloc(15), iv)).toHaveLength(32);
    expect(encrypt(key, Buffer.alloc(16), iv)).toHaveLength(48);
  });

  it('cipher suite records (table 22-19), suites of others passed over', () => {
    expect(encodeCipherSuiteRecords([3, 17])).toEqual(hex('c0 03 01 41 81 c0 11 03 44 81'));
    expect(decodeCipherSuiteRecords(hex('c0 00 00 40 80 c1 80 57 01 00 00 40 80 c0 11 03 44 81'))).toEqual([0, 17]);
  });

  it('a checksum makes the sum zero', () => {
    expect(checksum(hex('20 18'))).toBe(0xc8);
    fc.assert(
      fc.property(bytes(0, 40), data => {
        const sum = [...data].reduce((a, b) => a + b, checksum(data));
        expect(sum % 256).toBe(0);
      }),
    );
  });
});

/** AES-128-CBC of 20 18 c8 81 04 38 0e 04 31 | 01 02 03 04 05 06 | 06, key 11…, initialization vector 22…, by OpenSSL. */
const PADDED_9_BYTES = '972c453c0959f149970c77991ee35955';

describe('Decoding gives back what was encoded', () => {
  it('IPMI requests and responses', () => {
    const fields = {
      netFn: fc.integer({ min: 0, max: 31 }).map(half => half * 2),
      lun: fc.integer({ min: 0, max: 3 }),
      sequence: fc.integer({ min: 0, max: 63 }),
      command: byte,
      data: bytes(0, 200),
    };
    fc.assert(
      fc.property(fc.record(fields), request => expect(decodeRequest(encodeRequest(request))).toEqual(request)),
    );
    fc.assert(
      fc.property(fc.record({ ...fields, completionCode: byte }), response =>
        expect(decodeResponse(encodeResponse(response))).toEqual(response),
      ),
    );
  });

  it('pings and pongs', () => {
    const pong = fc.record({ tag: byte, supportsIpmi: fc.boolean(), supportsSecurityExtensions: fc.boolean() });
    fc.assert(fc.property(byte, tag => expect(decodePresencePing(encodePresencePing(tag))).toEqual({ tag })));
    fc.assert(fc.property(pong, value => expect(decodePresencePong(encodePresencePong(value))).toEqual(value)));
  });

  it('session headers', () => {
    const packet = fc.record({
      payloadType: fc.integer({ min: 0, max: 0x3f }),
      encrypted: fc.boolean(),
      authenticated: fc.boolean(),
      sessionId: uint32,
      sequence: uint32,
      payload: bytes(0, 300),
    });
    fc.assert(
      fc.property(packet, value =>
        expect(decodeSessionPacket(Buffer.concat([hex('0600ff07'), encodeRmcpPlusMessage(value)]))).toMatchObject(
          value,
        ),
      ),
    );
  });

  it('session set-up', () => {
    const algorithms = suiteId.map(id => {
      const { authentication, integrity, confidentiality } = cipherSuite(id);
      return { authentication, integrity, confidentiality };
    });
    const same = <Message>(
      arbitrary: fc.Arbitrary<Message>,
      encode: (m: Message) => Buffer,
      decode: (b: Buffer) => unknown,
    ) => fc.assert(fc.property(arbitrary, message => expect(decode(encode(message))).toEqual(message)));
    const ok = fc.constant(0 as const);
    same(
      fc
        .tuple(fc.record({ tag: byte, privilege: fc.nat(5), consoleSessionId: uint32 }), algorithms)
        .map(parts => ({ ...parts[0], ...parts[1] })),
      setup.encodeOpenSessionRequest,
      setup.decodeOpenSessionRequest,
    );
    same(
      fc
        .tuple(
          fc.record({
            tag: byte,
            status: ok,
            privilege: fc.nat(5),
            consoleSessionId: uint32,
            managedSessionId: uint32,
          }),
          algorithms,
        )
        .map(parts => ({ ...parts[0], ...parts[1] })),
      setup.encodeOpenSessionResponse,
      setup.decodeOpenSessionResponse,
    );
    same(
      fc.record({
        tag: byte,
        managedSessionId: uint32,
        consoleRandom: exactly(16),
        role: byte,
        username: bytes(0, 16),
      }),
      setup.encodeRakp1,
      setup.decodeRakp1,
    );
    same(
      fc.record({
        tag: byte,
        status: ok,
        consoleSessionId: uint32,
        managedRandom: exactly(16),
        managedGuid: exactly(16),
        authCode: bytes(0, 32),
      }),
      setup.encodeRakp2,
      setup.decodeRakp2,
    );
    same(
      fc.record({ tag: byte, status: ok, managedSessionId: uint32, authCode: bytes(0, 32) }),
      setup.encodeRakp3,
      setup.decodeRakp3,
    );
    same(
      fc.record({ tag: byte, status: ok, consoleSessionId: uint32, integrityCheck: bytes(0, 16) }),
      setup.encodeRakp4,
      setup.decodeRakp4,
    );
    for (const decode of [setup.decodeOpenSessionResponse, setup.decodeRakp2, setup.decodeRakp3, setup.decodeRakp4])
      same(
        fc.record({ tag: byte, status: fc.integer({ min: 1, max: 255 }), sessionId: uint32 }),
        setup.encodeRefusal,
        decode,
      );
  });

  it('encrypted and signed payloads, and nothing of the clear text is in them', () => {
    fc.assert(
      fc.property(
        suiteId,
        fc.record({ payloadType: fc.nat(0x3f), sessionId: uint32, sequence: uint32, payload: bytes(0, 100) }),
        exactly(32),
        (id, value, key) => {
          const keys = { integrityKey: key, cipherKey: key.subarray(0, 16) };
          const { seal, open } = protect(cipherSuite(id), keys);
          const datagram = seal(value);
          expect(open(decodeSessionPacket(datagram))).toEqual(value);
          // Signed bytes are a multiple of four, so that the whole is one too.
          expect(datagram.length % 4).toBe(0);
          if (value.payload.length > 8) expect(datagram.includes(value.payload)).toBe(false);
        },
      ),
    );
    fc.assert(
      fc.property(exactly(16), bytes(0, 300), (key, data) => expect(decrypt(key, encrypt(key, data))).toEqual(data)),
    );
  });

  it('suites of their algorithms', () => {
    expect(cipherSuiteOf(cipherSuite(3))?.id).toBe(3);
    expect(cipherSuiteOf(cipherSuite(17))?.id).toBe(17);
    expect(cipherSuiteOf({ ...cipherSuite(3), integrity: 4 })).toBeUndefined();
  });
});

describe('A decoder throws MalformedPacket and nothing else', () => {
  const { open } = protect(cipherSuite(17), { integrityKey: Buffer.alloc(32), cipherKey: Buffer.alloc(16) });
  const decoders: Record<string, (input: Buffer) => unknown> = {
    decodeRmcp,
    decodePresencePing,
    decodePresencePong,
    decodeSessionPacket,
    decodeRequest,
    decodeResponse,
    decodeCipherSuiteRecords,
    open: input => open(decodeSessionPacket(input)),
    decrypt: input => decrypt(Buffer.alloc(16), input),
    decodeOpenSessionRequest: setup.decodeOpenSessionRequest,
    decodeOpenSessionResponse: setup.decodeOpenSessionResponse,
    decodeRakp1: setup.decodeRakp1,
    decodeRakp2: setup.decodeRakp2,
    decodeRakp3: setup.decodeRakp3,
    decodeRakp4: setup.decodeRakp4,
  };
  /** Rubbish, and rubbish that gets past the first checks. */
  const input = fc.oneof(
    bytes(0, 80),
    bytes(0, 80).map(tail => Buffer.concat([hex('0600ff07 06'), tail])),
    bytes(0, 80).map(tail => Buffer.concat([hex('0600ff07 00'), tail])),
    bytes(0, 80).map(tail => Buffer.concat([hex('0600ff06 000011be'), tail])),
    bytes(0, 40).map(payload => encodeOutOfSession(0x11, payload)),
    bytes(1, 40).map(body => Buffer.concat([hex('81 1c 63'), body, Buffer.of(checksum(body))])),
  );

  it.each(Object.entries(decoders))('%s', (_, decode) => {
    fc.assert(
      fc.property(input, datagram => {
        try {
          decode(datagram);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedPacket);
        }
      }),
      { numRuns: 500 },
    );
  });
});
