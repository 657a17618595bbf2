import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Standing } from './standing.js';
import { endStanding, pidOf, startStanding } from './standing.js';

/* The stand-in for EventStoreDB (tools/eventstoredb-stand-in) as a process that outlives who started it. */

const script = join(import.meta.dirname, '../eventstoredb-stand-in/main.js');

/**
 * Starts it where it does not run, and waits until it answers. Answers whether it was started.
 *
 * @throws Error with the end of its log when it does not start
 */
export const startEventStore = async (folder: string, port: number): Promise<boolean> => {
  const standing = standingOf(folder);
  const log = join(standing.mark, 'stand-in.log');
  mkdirSync(standing.mark, { recursive: true });
  const isMissing = pidOf(standing) === undefined;
  const args = [script, '--port', String(port), '--data', standing.mark];
  if (isMissing) await startStanding(standing, process.execPath, args, log);
  const deadline = Date.now() + 60_000;
  while (!(await lives(port))) {
    const hasEnded = pidOf(standing) === undefined;
    if (hasEnded || Date.now() > deadline)
      throw new Error(`The stand-in in ${folder} did not start:\n${readFileSync(log, 'utf8').slice(-2_000)}`);
    await new Promise(done => setTimeout(done, 50));
  }
  return isMissing;
};

/** For both Node clients. */
export const eventStoreUrl = (port: number): string => `esdb://127.0.0.1:${port}?tls=false`;

export const eventStorePid = (folder: string): number | undefined => pidOf(standingOf(folder));

/** Answers whether it ran. */
export const stopEventStore = (folder: string): Promise<boolean> => endStanding(standingOf(folder));

const standingOf = (folder: string): Standing => {
  const home = resolve(folder);
  return { pidFile: join(home, 'stand-in.pid'), mark: home };
};

const lives = async (port: number): Promise<boolean> => {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health/live`)).ok;
  } catch {
    return false;
  }
};
