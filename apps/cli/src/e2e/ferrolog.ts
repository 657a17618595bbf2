import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';

/** The binary as it ships. */
export const binary = join(import.meta.dirname, '../../../../../apps/cli/bin/ferrolog');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A process of ours, with what it has printed so far. */
export class Running {
  out = '';
  err = '';
  readonly ended: Promise<Ended>;
  #listeners = new Set<() => void>();

  constructor(readonly child: ChildProcess) {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#hear(() => (this.out += text)));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#hear(() => (this.err += text)));
    this.ended = new Promise(resolve =>
      child.on('close', code => {
        this.#hear(() => undefined);
        resolve({ code, out: this.out, err: this.err });
      }),
    );
  }

  /** Answers with the match when the standard output has it. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.out);
      if (match) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`it ended without ${pattern}:\n${this.out}\n${this.err}`);
      await new Promise<void>(resolve => this.#listeners.add(resolve));
    }
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  #hear(note: () => void): void {
    note();
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}

const running = new Set<Running>();

/** Starts the binary, with nothing of the environment of these tests. */
export const start = (args: readonly string[], options: SpawnOptions = {}, program = binary): Running => {
  const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, ...options.env };
  const started = new Running(spawn(program, args, { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] }));
  running.add(started);
  void started.ended.then(() => running.delete(started));
  return started;
};

export const ferrolog = (args: readonly string[], options?: SpawnOptions, program?: string): Promise<Ended> =>
  start(args, options, program).ended;

/** Whatever a failed test left behind. */
export const endAll = async (): Promise<void> => {
  await Promise.all([...running].map(one => one.stop('SIGKILL')));
};
