import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { hushNegativeTimeouts } from './negative-timeouts.js';
import { type WorkLogOptions, withDefaults } from '../work-log-options.js';

export interface KafkaConnection {
  /** `host:port` of some brokers of the cluster: the others are learnt from them. */
  readonly brokers: readonly string[];
  /** Names this process in the brokers' logs. `ferrolog` by default. */
  readonly clientId?: string;
  /** How to get in, as kafkajs takes it. Plain text and nobody by default. */
  readonly security?: Pick<KafkaConfig, 'ssl' | 'sasl'>;
}

export interface KafkaWorkLogOptions extends WorkLogOptions, KafkaConnection {
  /** What the names of topics and groups begin with: installations that share a cluster have one each. */
  readonly prefix?: string;
  /** Brokers that hold each message, 1 by default. From 3 on a message counts when two of them have it. */
  readonly replicationFactor?: number;
  /**
   * After how long without a sign of life a member loses its partitions, 6 s by default. Not below what the brokers
   * allow (`group.min.session.timeout.ms`, 6 s unless configured).
   */
  readonly sessionTimeoutMs?: number;
  /** How often finished work is committed, 500 ms by default: what is not is done again after a crash. */
  readonly commitEveryMs?: number;
  /** How often it is looked up who owns what, 1 s by default. */
  readonly ownersEveryMs?: number;
  /** From how many keys at work on no more of a partition is fetched, 1000 by default. */
  readonly keysAtWork?: number;
}

export type Settings = Required<KafkaWorkLogOptions>;

export const settingsOf = (given: KafkaWorkLogOptions): Settings => ({
  ...withDefaults(given),
  brokers: given.brokers,
  clientId: given.clientId ?? 'ferrolog',
  security: given.security ?? {},
  prefix: given.prefix ?? 'ferrolog',
  replicationFactor: given.replicationFactor ?? 1,
  sessionTimeoutMs: given.sessionTimeoutMs ?? 6000,
  commitEveryMs: given.commitEveryMs ?? 500,
  ownersEveryMs: given.ownersEveryMs ?? 1000,
  keysAtWork: given.keysAtWork ?? 1000,
});

/**
 * A client of kafkajs. Each consumer needs one of its own: those of one client share what they know of committed
 * offsets. It logs nothing, because everything that it cannot do is reported as a fault.
 */
export const kafkaClient = ({ brokers, clientId = 'ferrolog', security }: KafkaConnection): Kafka => {
  hushNegativeTimeouts();
  return new Kafka({
    ...security,
    clientId,
    brokers: [...brokers],
    connectionTimeout: 2000,
    requestTimeout: 10_000,
    // Whoever has to go on beyond these few seconds has a loop of its own around it.
    retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 8, restartOnFailure: async () => false },
    logLevel: logLevel.NOTHING,
  });
};
