import { setImmediate } from 'node:timers/promises';
import type { Node } from '#domain';
import { absentNode } from '#domain';
import type { Effect, EffectClock } from '../hardware-type.js';

/** An effect on a node of which nothing is known, but for what is given. */
export const anEffect = (given: Partial<Effect> = {}): Effect => ({
  node: aNode(),
  driverInfo: {},
  instanceInfo: {},
  args: {},
  id: 'an-effect',
  peer: type => {
    throw new Error(`no ${type} interface was given`);
  },
  signal: new AbortController().signal,
  clock: aFastClock(),
  ...given,
});

export const aNode = (given: Partial<Node> = {}, attributes: Partial<Node['attributes']> = {}): Node => {
  const node = { ...absentNode('7b7e1a9c-52f5-4d3f-9a63-0d8f8b3c8f10'), present: true, ...given };
  return { ...node, attributes: { ...node.attributes, ...attributes } };
};

/** Time that goes on only when somebody sleeps, and then at once. */
export interface FastClock extends EffectClock {
  /** Calls back when `delayMs` have been slept; the answer cancels. */
  after(delayMs: number, callback: () => void): () => void;
}

export const aFastClock = (): FastClock => {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => now,
    after(delayMs, callback) {
      const timer = { at: now + delayMs, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async sleep(ms, signal) {
      signal.throwIfAborted();
      now += ms;
      for (const timer of [...timers].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)) {
        timers.delete(timer);
        timer.callback();
      }
      await setImmediate();
      signal.throwIfAborted();
    },
  };
};

/** The reason for which a promise is rejected. */
export const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('It was expected to fail');
    },
    (error: unknown) => error,
  );
