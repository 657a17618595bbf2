import type { Clock } from '#domain';

/** Calls again and again, `spacingMs` after the call before has ended. Answers how to end it. 0 means never. */
export const every = (clock: Clock, spacingMs: number, task: () => Promise<void> | void): (() => void) => {
  if (spacingMs <= 0) return () => undefined;
  let ended = false;
  let cancel = () => {};
  const plan = () => {
    if (!ended) cancel = clock.after(spacingMs, () => void Promise.resolve(task()).then(plan, plan));
  };
  plan();
  return () => {
    ended = true;
    cancel();
  };
};
