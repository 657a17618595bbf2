import type { Clock } from '#domain';
import { turn } from './waiting.js';

export interface VirtualClock extends Clock {
  /** As drivers want it: rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Lets time pass: what is due runs in order, each with all that follows from it at once. */
  advance(ms: number): Promise<void>;
  /** Puts the clock to another time, as an operator or NTP does: no timer is due by that. */
  set(time: string): void;
  /** Timers that nobody cancelled. */
  pending(): number;
}

/** Time that passes when told to. */
export const virtualClock = (start = '2026-01-01T00:00:00.000Z'): VirtualClock => {
  let now = Date.parse(start);
  const timers = new Set<{ at: number; callback: () => void }>();
  const after: Clock['after'] = (delayMs, callback) => {
    const timer = { at: now + delayMs, callback };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  return {
    now: () => now,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const interrupt = () => (cancel(), reject(new Error('interrupted')));
        const cancel = after(ms, () => (signal.removeEventListener('abort', interrupt), resolve()));
        signal.addEventListener('abort', interrupt, { once: true });
        if (signal.aborted) interrupt();
      }),
    async advance(ms) {
      const end = now + ms;
      await turn();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        now = Math.max(now, next.at);
        timers.delete(next);
        next.callback();
        await turn();
      }
      now = Math.max(now, end);
    },
    set: time => void (now = Date.parse(time)),
    pending: () => timers.size,
  };
};
