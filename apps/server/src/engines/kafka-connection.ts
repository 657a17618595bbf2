import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Configuration } from '#configuration';
import { Misconfigured } from '#domain';
import type { KafkaConnection } from '#work-log/kafka';

/** A file that is wanted to get in to Kafka does not say what it should. */
export class KafkaCredentialsUnusable extends Misconfigured {
  override readonly name = 'KafkaCredentialsUnusable';
}

/** Addresses of brokers in `kafka://host:port,host:port`. */
export const brokersIn = (workLog: string): string[] =>
  workLog
    .replace(/^kafkas?:\/\//, '')
    .replace(/\/$/, '')
    .split(',')
    .filter(Boolean)
    .map(broker => (/:\d+$/.test(broker) ? broker : `${broker}:9092`));

/**
 * How to reach Kafka and get in. Files are read here, once at the start of a process.
 *
 * @throws KafkaCredentialsUnusable
 */
export const kafkaConnection = (configuration: Configuration): KafkaConnection => ({
  brokers: brokersIn(configuration.workLog),
  security: { ...tls(configuration), ...sasl(configuration) },
});

type Security = NonNullable<KafkaConnection['security']>;

const tls = ({ workLog, workLogCa, workLogCertificate, workLogCertificateKey }: Configuration): Security => {
  if (!workLog.startsWith('kafkas:')) return {};
  const ssl = {
    ...(workLogCa !== undefined && { ca: [contentOf('workLogCa', workLogCa)] }),
    ...(workLogCertificate !== undefined && { cert: contentOf('workLogCertificate', workLogCertificate) }),
    ...(workLogCertificateKey !== undefined && { key: contentOf('workLogCertificateKey', workLogCertificateKey) }),
  };
  try {
    createSecureContext(ssl);
  } catch (error) {
    const { message } = error as Error;
    throw new KafkaCredentialsUnusable(`The certificates for Kafka cannot be used: ${message}.`, { cause: error });
  }
  return { ssl };
};

const sasl = ({
  workLogMechanism: mechanism,
  workLogUser: username,
  workLogPassword,
  workLogPasswordFile,
}: Configuration): Security => {
  if (username === undefined) return {};
  const password = workLogPassword ?? contentOf('workLogPasswordFile', workLogPasswordFile!).split(/\r?\n/, 1)[0]!;
  if (password === '') throw new KafkaCredentialsUnusable('The first line of workLogPasswordFile is empty.');
  return { sasl: { mechanism, username, password } as Security['sasl'] };
};

const contentOf = (name: string, path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new KafkaCredentialsUnusable(`The file of ${name} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
};
