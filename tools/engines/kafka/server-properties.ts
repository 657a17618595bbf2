interface Addresses {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
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
): string => {
  const replication = Math.min(3, brokers.length);
  const inSync = Math.min(2, replication);
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': broker.id,
    listeners: `PLAINTEXT://${host}:${broker.port},CONTROLLER://${host}:${broker.controllerPort}`,
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
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
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
