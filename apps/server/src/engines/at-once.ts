import type { Duty } from '#postgres';

/** A duty of a process that is the only one there can be. */
export const atOnce = (begin: () => Duty | Promise<Duty>): Duty => {
  let begun: Promise<Duty> | undefined;
  return {
    start() {
      begun = Promise.resolve(begin()).then(duty => {
        duty.start();
        return duty;
      });
    },
    stop: async () => (await begun)?.stop(),
  };
};
