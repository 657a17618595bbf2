import type { Extension } from '../api/command.js';

/** Ends the agent's API and heartbeats and takes the network down: nothing answers afterwards. */
export const systemExtension = (lockDown: () => void): Extension => ({
  lockdown: { kind: 'sync', takes: {}, run: () => Promise.resolve(lockDown()) },
});
