import { describe, expect, it } from '@jest/globals';
import { scriptedLink } from '../simulator/test-bench.js';
import { decodeRequest, encodeResponse } from '../wire/ipmi-message.js';
import {
  decodeSessionPacket,
  encodeIpmi15OutOfSession,
  encodeOutOfSession,
  PayloadType,
  type SessionPacket,
} from '../wire/session-packet.js';
import { readCipherSuites } from './sessionless.js';

const RECORDS = Buffer.from('c000004080c001014080c002014180c003014181c011034481', 'hex');
const patience = { timeoutMs: 1, retries: 1 };

/** A BMC that takes Get Channel Cipher Suites in some formats, and answers in the same one. */
const listing = (formats: readonly SessionPacket['format'][], records: Buffer) =>
  scriptedLink(datagram => {
    const packet = decodeSessionPacket(datagram);
    if (!formats.includes(packet.format)) return [];
    const request = decodeRequest(packet.payload);
    const from = (request.data[2]! & 0x3f) * 16;
    const piece = records.subarray(from, from + 16);
    const response = { ...request, completionCode: 0, data: Buffer.concat([Buffer.of(1), piece]) };
    const stale = encodeResponse({ ...response, sequence: (request.sequence + 1) % 64, data: Buffer.of(1) });
    return [stale, encodeResponse(response)].map(message =>
      packet.format === 'rmcp+' ? encodeOutOfSession(PayloadType.ipmi, message) : encodeIpmi15OutOfSession(message),
    );
  });

describe('The list of cipher suites', () => {
  it.each(['rmcp+', 'ipmi 1.5'] as const)(
    'is read piece by piece from a BMC that knows the format %s',
    async format => {
      expect(await readCipherSuites(listing([format], RECORDS), patience)).toEqual([0, 1, 2, 3, 17]);
    },
  );

  it('waits once only for a BMC that knows the older format alone', async () => {
    const link = listing(['ipmi 1.5'], RECORDS);
    await readCipherSuites(link, patience);
    expect(link.sent.map(datagram => decodeSessionPacket(datagram).format)).toEqual(['rmcp+', 'ipmi 1.5', 'ipmi 1.5']);
  });

  it('may end with a whole piece', async () => {
    const records = Buffer.concat([RECORDS.subarray(0, 15), Buffer.of(0xc0, 0x63), RECORDS.subarray(0, 15)]);
    expect(await readCipherSuites(listing(['rmcp+'], records), patience)).toEqual([0, 1, 2, 0x63, 0, 1, 2]);
  });

  it('is taken for none where it cannot be read', async () => {
    expect(await readCipherSuites(listing(['rmcp+'], Buffer.of(0xc0)), patience)).toBeUndefined();
  });
});
