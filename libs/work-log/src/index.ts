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
