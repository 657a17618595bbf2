import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/*
 * Processes that outlive who started them. Each is known by its id in a file. Ids are used again, so that the id counts
 * only while the process of that id has the mark on its command line. Linux only: that is read from /proc.
 */

export interface Standing {
  readonly pidFile: string;
  /** An argument that no other program has: the path of its settings or data. */
  readonly mark: string;
}

/** Its id, where it runs. */
export const pidOf = ({ pidFile, mark }: Standing): number | undefined => {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    return isMarked(pid, mark) ? pid : undefined;
  } catch {
    return undefined;
  }
};

/** Whether the process has this argument. One that has ended and waits for its parent has none any more. */
export const isMarked = (pid: number, mark: string): boolean => {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mark);
  } catch {
    return false;
  }
};

/**
 * Starts it, and keeps its id. What it writes is appended to the log.
 *
 * @throws Error of `spawn` where the program is missing
 */
export const startStanding = async (
  { pidFile }: Standing,
  command: string,
  args: readonly string[],
  log: string,
): Promise<void> => {
  const output = openSync(log, 'a', 0o600);
  try {
    const child = spawn(command, args, { detached: true, stdio: ['ignore', output, output] });
    await once(child, 'spawn');
    writeFileSync(pidFile, `${child.pid}\n`);
    child.unref();
  } finally {
    closeSync(output);
  }
};

/** Asks it to end, makes it end where it takes longer than that, and waits. Answers whether it ran. */
export const endStanding = async (standing: Standing, graceMs = 30_000): Promise<boolean> => {
  const pid = pidOf(standing);
  if (pid !== undefined) {
    send(pid, 'SIGTERM');
    // One that is stopped would not see it.
    send(pid, 'SIGCONT');
    const deadline = Date.now() + graceMs;
    for (let isForced = false; isMarked(pid, standing.mark); await pause()) {
      if (isForced || Date.now() < deadline) continue;
      isForced = true;
      send(pid, 'SIGKILL');
    }
  }
  rmSync(standing.pidFile, { force: true });
  return pid !== undefined;
};

/** It may have ended a moment ago. */
const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

const pause = (): Promise<void> => new Promise(done => setTimeout(done, 20));
