export { type KafkaConnection, type KafkaWorkLogOptions } from './kafka-options.js';
export { kafkaWorkLog } from './kafka-work-log.js';
export { MessageRefused } from './publisher.js';
export { WrongPartitions } from './topics.js';
export { KafkaHardwareReads, type KafkaHardwareReadsPorts, answerHardwareReads } from './kafka-hardware-reads.js';
export { KafkaSignals, type KafkaSignalsPorts } from './kafka-signals.js';
export { type Mail, type Mailbox, type MailboxOptions, kafkaMailbox } from './mailbox.js';
export { type KafkaPublicLogOptions, kafkaPublicLog } from './kafka-public-log.js';
