import type { Clock } from '#domain';
import type { EffectClock } from '#drivers';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock & EffectClock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new Error('interrupted'));
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', interrupt);
        resolve();
      }, ms);
      const interrupt = () => {
        clearTimeout(timer);
        reject(new Error('interrupted'));
      };
      signal.addEventListener('abort', interrupt, { once: true });
    }),
};
