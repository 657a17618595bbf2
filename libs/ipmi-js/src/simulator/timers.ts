/** Calls back once after `delayMs`; the answer cancels. Given by the test where time is simulated. */
export type After = (delayMs: number, callback: () => void) => () => void;

/** Real time, in timers that can be cancelled all at once. */
export const realTimers = (): { readonly after: After; cancelAll(): void } => {
  const pending = new Set<NodeJS.Timeout>();
  return {
    after(delayMs, callback) {
      const timer = setTimeout(() => {
        pending.delete(timer);
        callback();
      }, delayMs);
      pending.add(timer);
      return () => {
        clearTimeout(timer);
        pending.delete(timer);
      };
    },
    cancelAll() {
      for (const timer of pending) clearTimeout(timer);
      pending.clear();
    },
  };
};
