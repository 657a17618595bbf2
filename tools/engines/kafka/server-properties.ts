interface Addresses {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
}

/** TLS on both sides, and a user and password by any mechanism of SASL. */
export interface Secured {
  readonly port: number;
  /** PEM files: the broker's private key and certificate, and the authority that clients have theirs from. */
  readonly keyStore: string;
  readonly trustStore: string;
  readonly user: string;
  readonly password: string;
}

/**
 * Settings of a broker for tests: a cluster of one or three, which notices soon that a broker or a member is gone.
 *
 * The metadata have a folder of their own: in the folder of the data a second broker that was started by mistake
 * would append to them before it finds the lock, and cripple the first one.
 */
export const serverProperties = (
  folder: string,
  host: string,
  broker: Addresses,
  brokers: readonly Addresses[],
  secured?: Secured,
): string => {
  const replication = Math.min(3, brokers.length);
  const inSync = Math.min(2, replication);
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': broker.id,
    listeners: [
      `PLAINTEXT://${host}:${broker.port}`,
      `CONTROLLER://${host}:${broker.controllerPort}`,
      ...(secured ? [`SECURED://${host}:${secured.port}`] : []),
    ].join(','),
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.bootstrap.servers': brokers.map(each => `${host}:${each.controllerPort}`).join(','),
    'log.dirs': `${folder}/log`,
    'metadata.log.dir': `${folder}/meta`,
    'offsets.topic.replication.factor': replication,
    'transaction.state.log.replication.factor': replication,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replication,
    'share.coordinator.state.topic.min.isr': inSync,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    ...(secured && securedListener(secured)),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
};

const securedListener = ({ keyStore, trustStore, user, password }: Secured) => {
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const settings = {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${user}="${password}";`,
    'scram-sha-256.sasl.jaas.config': scram,
    'scram-sha-512.sasl.jaas.config': scram,
    'ssl.client.auth': 'required',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': trustStore,
  };
  return {
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`listener.name.secured.${name}`, value])),
  };
};

/** Says when the broker is up and why it ends, and little else. */
export const LOG4J = `rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c{1} %m%n
logger.raft.name=kafka.server.KafkaRaftServer
logger.raft.level=INFO
`;
