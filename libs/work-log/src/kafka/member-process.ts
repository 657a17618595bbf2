import type { Clock } from '#domain';
import { kafkaWorkLog } from './kafka-work-log.js';

/*
 * A member in a process of its own, for tests that kill it: `node member-process.js '{"brokers":[…],…}'`. It writes a
 * line of JSON for each thing that it is told, and leaves on SIGTERM.
 */

export interface MemberArguments {
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly topic: string;
  readonly host: string;
  readonly sessionTimeoutMs: number;
}

const { topic, host, ...options } = JSON.parse(process.argv[2]) as MemberArguments;
const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);
const clock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
const log = kafkaWorkLog({
  ...options,
  clock,
  onPoison: () => 'retry',
  onFault: ({ message, cause }) => say({ fault: `${message} ${String(cause)}` }),
});
await log.ensureTopic(topic);
process.once('SIGTERM', () => void log.close().then(() => process.exit(0)));
await log.join(topic, {
  host,
  onAssigned: assigned => void say({ assigned }),
  onRevoked: revoked => void say({ revoked }),
  handle: async ({ key, position }) => void say({ handled: `${key} ${position}` }),
});
