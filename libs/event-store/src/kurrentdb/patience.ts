import { NoAnswer } from './faults.js';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

/** Doubled from time to time. Uneven, so that those who failed together do not come back together. */
export const backOffMs = (failures: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.75 + Math.random() / 2);

/** Ends early when the signal aborts. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal?.aborted) done();
    else signal?.addEventListener('abort', done);
  });

/** @throws NoAnswer */
export const inTime = async <T>(ms: number, answer: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new NoAnswer(ms)), ms);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

export interface Collected<T> {
  readonly items: T[];
  /** Whether the end was reached before the time was up. */
  readonly complete: boolean;
}

/**
 * Reads to the end, as long as something comes every `silenceMs`; and not longer than `longestMs`, where given.
 *
 * @throws NoAnswer
 */
export const collect = async <T>(
  source: AsyncIterable<T>,
  silenceMs: number,
  longestMs = Infinity,
): Promise<Collected<T>> => {
  const items: T[] = [];
  const iterator = source[Symbol.asyncIterator]();
  const begun = performance.now();
  let heardAt = begun;
  const over = Promise.withResolvers<'over'>();
  const look = setInterval(
    () => {
      const now = performance.now();
      if (now - begun >= longestMs) over.resolve('over');
      else if (longestMs === Infinity && now - heardAt >= silenceMs) over.reject(new NoAnswer(silenceMs));
    },
    Math.min(silenceMs, longestMs) / 4,
  );
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), over.promise]);
      if (next === 'over') return { items, complete: false };
      if (next.done) return { items, complete: true };
      items.push(next.value);
      heardAt = performance.now();
    }
  } finally {
    clearInterval(look);
    // Not waited for: it ends when the pending answer comes, and that may be never.
    void iterator.return?.();
  }
};
