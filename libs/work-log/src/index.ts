export * from './in-process/in-process-work-log.js';
export {
  type PoisonDecision,
  UnknownTopic,
  WorkLogClosed,
  WorkLogFault,
  type WorkLogOptions,
} from './work-log-options.js';
