import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readConfiguration } from '#configuration';
import { workTopic } from '#domain';
import { temporaryFolder } from '#testing';
import type { WorkLogFault } from '#work-log';
import { kafkaPublicLog, kafkaWorkLog } from '#work-log/kafka';
import { portsFrom } from '../../../../tools/engines/kafka/ports.js';
import { type RunningKafka, startKafka } from '../../../../tools/engines/kafka/start-kafka.js';
import { systemClock } from '../clock.js';
import { kafkaConnection } from './kafka-connection.js';

/* A broker that lets in only who has a certificate of its authority, and a password. */

const USER = 'ferrolog';
const PASSWORD = 'correct-horse';
const folder = temporaryFolder();
let kafka: RunningKafka;
let brokers: string;

const openssl = (...args: string[]): void => {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8', cwd: folder.path });
  if (status !== 0) throw new Error(stderr);
};

/** Certificates in `name.pem`, their keys in `name.key`. */
const makeCertificates = (): void => {
  const made = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`];
  openssl('req', '-x509', ...made('ca'), '-subj', '/CN=authority', '-days', '2');
  for (const name of ['broker', 'process'])
    openssl(
      ...['req', '-x509', ...made(name), '-subj', `/CN=${name}`, '-days', '2', '-CA', 'ca.pem', '-CAkey', 'ca.key'],
      ...['-addext', 'subjectAltName=IP:127.0.0.1'],
    );
  const both = readFileSync(folder.file('broker.key'), 'utf8') + readFileSync(folder.file('broker.pem'), 'utf8');
  writeFileSync(folder.file('broker-store.pem'), both);
};

beforeAll(async () => {
  makeCertificates();
  mkdirSync(folder.file('kafka'));
  const port = await portsFrom(undefined, 1);
  const [keyStore, trustStore] = [folder.file('broker-store.pem'), folder.file('ca.pem')];
  kafka = await startKafka({
    folder: folder.file('kafka'),
    brokers: 1,
    secured: { port, keyStore, trustStore, user: USER, password: PASSWORD },
  });
  brokers = `kafkas://127.0.0.1:${port}`;
}, 120_000);

afterAll(async () => {
  await kafka.stop();
  folder.remove();
}, 60_000);

const connection = (mechanism: string, password: string, others: Record<string, string> = {}) =>
  kafkaConnection(
    readConfiguration({
      flags: {
        workLog: brokers,
        workLogCa: folder.file('ca.pem'),
        workLogCertificate: folder.file('process.pem'),
        workLogCertificateKey: folder.file('process.key'),
        workLogUser: USER,
        workLogMechanism: mechanism,
        ...others,
      },
      environment: { FERROLOG_WORK_LOG_PASSWORD: password },
    }).configuration,
  );

describe('Kafka that asks who is there', () => {
  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])(
    'wakes conductors that say so by %s',
    async mechanism => {
      const topic = workTopic('', 'fake-hardware');
      const log = kafkaWorkLog({
        ...connection(mechanism, PASSWORD),
        clock: systemClock,
        prefix: `secured-${randomUUID()}`,
        partitionsPerTopic: 2,
        onPoison: () => 'skip',
        onFault: fault => {
          throw fault;
        },
      });
      const handled = Promise.withResolvers<string>();
      try {
        await log.ensureTopic(topic);
        await log.join(topic, {
          host: 'a',
          onAssigned: async () => undefined,
          onRevoked: async () => undefined,
          handle: async ({ key }) => handled.resolve(key),
        });
        await log.publish(topic, [{ key: 'node-1', position: 1, type: 'NodeEnrolled' }]);
        expect(await handled.promise).toBe('node-1');
      } finally {
        await log.close();
      }
    },
    120_000,
  );

  it.each([
    ['the password is wrong', 'wrong-horse', 'ca.pem'],
    ['nobody vouches for the broker', PASSWORD, 'process.pem'],
  ])(
    'is a fault that shows no password where %s',
    async (_, password, ca) => {
      const fault = Promise.withResolvers<WorkLogFault>();
      const log = kafkaPublicLog({
        ...connection('scram-sha-512', password, { workLogCa: folder.file(ca) }),
        clock: systemClock,
        prefix: `secured-${randomUUID()}`,
        onFault: fault.resolve,
      });
      const asked = log.checkpoint().catch((error: unknown) => error);
      const { message, cause } = await fault.promise;
      expect(message).toMatch(/Kafka does not give the topic/);
      expect(String((cause as Error).message)).toMatch(/authentication|certificate/i);
      expect(`${message} ${(cause as Error).stack} ${JSON.stringify(cause)}`).not.toContain(password);
      await log.close();
      await asked;
    },
    120_000,
  );
});
