import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { readConfiguration } from '#configuration';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder } from '#testing';
import { CannotStart, cannotStart } from '../cannot-start.js';
import { kafkaConnection } from './kafka-connection.js';

let folder: TemporaryFolder;
beforeEach(() => void (folder = temporaryFolder()));
afterEach(() => folder.remove());

const connection = (flags: Record<string, unknown>, environment: Record<string, string> = {}) =>
  kafkaConnection(readConfiguration({ flags, environment }).configuration);

const file = (name: string, content: string): string => {
  writeFileSync(folder.file(name), content);
  return folder.file(name);
};

describe('The connection to Kafka', () => {
  it('is plain text and nobody’s by default', () => {
    expect(connection({ workLog: 'kafka://a,b:9093/' })).toEqual({ brokers: ['a:9092', 'b:9093'], security: {} });
  });

  it('speaks TLS with kafkas://, trusting whom Node.js trusts', () => {
    expect(connection({ workLog: 'kafkas://a:9094' })).toEqual({ brokers: ['a:9094'], security: { ssl: {} } });
  });

  it('is a user’s, by SCRAM unless it is said otherwise', () => {
    const passwordFile = file('password', 'hunter2\nnot this\n');
    const user = { workLog: 'kafka://a', workLogUser: 'ferrolog' };
    expect(connection({ ...user, workLogPasswordFile: passwordFile }).security).toEqual({
      sasl: { mechanism: 'scram-sha-512', username: 'ferrolog', password: 'hunter2' },
    });
    const plain = { ...user, workLogMechanism: 'plain' };
    expect(connection(plain, { FERROLOG_WORK_LOG_PASSWORD: 'hunter3' }).security).toEqual({
      sasl: { mechanism: 'plain', username: 'ferrolog', password: 'hunter3' },
    });
  });

  it.each([
    ['is not there', { workLogCa: '/nowhere/ca.pem' }],
    ['holds no certificate', () => ({ workLogCertificate: file('c', 'x'), workLogCertificateKey: file('k', 'y') })],
    ['holds no password', () => ({ workLogUser: 'u', workLogPasswordFile: file('p', '\n') })],
  ])('is refused at the start where a file %s', (_, given) => {
    const flags = { workLog: 'kafkas://a', ...(typeof given === 'function' ? given() : given) };
    const refusal = refusalOf(() => connection(flags));
    expect(refusal).toBeInstanceOf(CannotStart);
    expect(refusal).toMatchObject({ isMisconfigured: true, message: expect.stringMatching(/^The .*\.$/) });
  });
});

const refusalOf = (attempt: () => unknown): unknown => {
  try {
    return attempt();
  } catch (error) {
    return cannotStart(error, { host: '127.0.0.1', port: 6385 });
  }
};
