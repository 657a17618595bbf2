import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import {
  bitString,
  der,
  explicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.js';

export interface OwnCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
}

const dayMs = 86_400_000;

/** The sixteen bytes of an IPv6 address, `::` filled up; an IPv4 tail is the last four of them. */
const ipv6Bytes = (address: string): Buffer => {
  const plain = address.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...quad: string[]) => {
    const [a, b, c, d] = quad.slice(0, 4).map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = plain.split('::');
  const words = (text: string): string[] => text.split(':').filter(word => word !== '');
  const missing = tail === undefined ? 0 : 8 - words(head).length - words(tail).length;
  const all = [...words(head), ...Array<string>(missing).fill('0'), ...words(tail ?? '')];
  return Buffer.from(all.map(word => word.padStart(4, '0')).join(''), 'hex');
};

const ipBytes = (address: string): Buffer =>
  isIPv6(address) ? ipv6Bytes(address) : Buffer.from(address.split('.').map(Number));

/** subjectAltName (RFC 5280, 4.2.1.6): [7] iPAddress or [2] dNSName. */
const alternativeName = (host: string): Buffer =>
  isIPv4(host) || isIPv6(host) ? der(0x87, ipBytes(host)) : der(0x82, Buffer.from(host));

const extension = (oid: string, value: Buffer, critical = false): Buffer =>
  sequence(objectIdentifier(oid), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), octetString(value));

/**
 * A certificate for one address, signed by its own key: EC P-384, ECDSA with SHA-512 (RFC 5480, RFC 5758), X.509 v3.
 * It begins an hour ago, because the clock of a machine that was just powered on may be ahead of the conductor's.
 * It is marked as a CA, so that verifiers which trust it as an issuer take it as well as those which pin it.
 */
export const selfSignedCertificate = (host: string, commonName: string, now: Date): OwnCertificate => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.4'));
  const name = sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String(commonName.slice(0, 64)))));
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    name,
    sequence(time(new Date(now.getTime() - 3_600_000)), time(new Date(now.getTime() + 90 * dayMs))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(
      3,
      sequence(
        extension('2.5.29.19', sequence(der(0x01, Buffer.from([0xff]))), true),
        extension('2.5.29.17', sequence(alternativeName(host))),
      ),
    ),
  );
  const certificate = sequence(toBeSigned, algorithm, bitString(sign('sha512', toBeSigned, privateKey)));
  const lines = certificate
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};
