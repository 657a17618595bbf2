/** Everything that is ready to run has run once. */
export const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/**
 * Waits until the condition holds.
 *
 * @throws Error naming what was waited for, when it does not in time
 */
export const until = async (condition: () => boolean, what: string, timeoutMs = 10_000): Promise<void> => {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await turn();
  }
};
