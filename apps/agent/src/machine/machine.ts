import { networkInterfaces } from 'node:os';
import type { Journal } from '../logs/journal.js';
import type { Run } from './run-command.js';

/** Where the parts of a machine are found. Tests put folders and sparse files there. */
export interface Roots {
  /** The root of the ramdisk, for what is written into it. */
  readonly root: string;
  readonly sys: string;
  readonly proc: string;
  readonly dev: string;
  /** Room for what cannot be streamed; in a ramdisk this is memory. */
  readonly tmp: string;
}

/** Everything that the agent touches outside its own process. */
export interface Machine {
  readonly roots: Roots;
  readonly run: Run;
  readonly journal: Journal;
  readonly addresses: () => ReturnType<typeof networkInterfaces>;
}

export const rootsOfRamdisk: Roots = { root: '/', sys: '/sys', proc: '/proc', dev: '/dev', tmp: '/tmp' };

export const thisMachine = (journal: Journal, run: Run): Machine => ({
  roots: rootsOfRamdisk,
  run,
  journal,
  addresses: networkInterfaces,
});
