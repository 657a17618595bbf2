import type { Clock } from '#domain';

/** Waits so long, or until the promise resolves. */
export const pause = async (clock: Clock, delayMs: number, orUntil?: Promise<unknown>): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(delayMs, resolve);
  await (orUntil ? Promise.race([promise, orUntil]) : promise);
  cancel();
};
