export * from './in-process/in-process-work-log.js';
export {
  type PoisonDecision,
  UnknownTopic,
  WorkLogClosed,
  WorkLogFault,
  type WorkLogOptions,
} from './work-log-options.js';
export { type KafkaConnection, type KafkaWorkLogOptions } from './kafka/kafka-options.js';
export { kafkaWorkLog } from './kafka/kafka-work-log.js';
export { MessageRefused } from './kafka/publisher.js';
export { WrongPartitions } from './kafka/topics.js';
export { KafkaHardwareReads, type KafkaHardwareReadsPorts, answerHardwareReads } from './kafka/kafka-hardware-reads.js';
export { KafkaSignals, type KafkaSignalsPorts } from './kafka/kafka-signals.js';
export { type Mail, type Mailbox, type MailboxOptions, kafkaMailbox } from './kafka/mailbox.js';
export { type KafkaPublicLogOptions, kafkaPublicLog } from './kafka/kafka-public-log.js';
