import { workTopic } from '#domain';
import { kafkaWorkLog } from '#work-log/kafka';
import { realClock } from './real-clock.js';
import { HARDWARE_TYPE } from './some-events.js';

/*
 * A conductor's place in the work log and nothing behind it, in a process of its own: `wake-up-process.js <brokers>`
 * tells its parent when it has joined, and then when each wake-up reached the handler.
 */

/** By the clock that all processes of a machine share. */
export interface WakeUp {
  readonly key: string;
  readonly atMs: number;
}

/** Told in bundles, so that the telling is not what takes the time. */
const TELL_EVERY_MS = 100;

const topic = workTopic('', HARDWARE_TYPE);
const log = kafkaWorkLog({
  brokers: process.argv[2]!.split(','),
  clock: realClock,
  onPoison: () => 'retry',
  onFault: ({ message }) => console.error(message),
});
let untold: WakeUp[] = [];
await log.ensureTopic(topic);
await log.join(topic, {
  host: 'bench',
  onAssigned: () => undefined,
  onRevoked: () => undefined,
  handle: async ({ key }) => void untold.push({ key, atMs: Number(process.hrtime.bigint()) / 1e6 }),
});
process.send!('joined');
setInterval(() => {
  if (untold.length > 0) process.send!(untold);
  untold = [];
}, TELL_EVERY_MS);
process.once('SIGTERM', () => void log.close().then(() => process.exit(0)));
