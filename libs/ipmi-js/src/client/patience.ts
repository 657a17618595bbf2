const SLICES = 4;

/**
 * Calls back once `ms` have passed in which the process could have heard something; the answer cancels.
 *
 * A process that is held up (a busy machine, a long turn of the event loop) finds its timers due before it has looked
 * at what came in meanwhile: that alone must not make a BMC silent. So the wait goes by in slices, sockets are read
 * after each, and a time of being held up counts as one slice, however long it was.
 */
export const afterListening = (ms: number, callback: () => void): (() => void) => {
  let left = SLICES;
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  const wait = (): void => {
    // Immediates run after sockets were read.
    timer = setTimeout(() => (turn = setImmediate(() => (--left > 0 ? wait() : callback()))), ms / SLICES);
  };
  wait();
  return () => {
    clearTimeout(timer);
    clearImmediate(turn);
  };
};
