import { spawn } from 'node:child_process';
import type { Journal } from '../logs/journal.js';
import type { CommandOutput } from './command-output.js';

export interface RunOptions {
  /** Exit codes that are no failure; 0 when absent. */
  readonly accept?: readonly number[];
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** Runs a program of the ramdisk: never through a shell, so that no argument can become a command. */
export type Run = (program: string, args?: readonly string[], options?: RunOptions) => Promise<CommandOutput>;

export class CommandFailed extends Error {
  constructor(
    readonly program: string,
    readonly output: CommandOutput,
  ) {
    super(`${program} ended with ${output.code}: ${(output.stderr || output.stdout).trim().slice(0, 500)}`);
  }
}

/** The ramdisk has no such program. Callers that can do without it catch this. */
export class ProgramMissing extends Error {
  constructor(readonly program: string) {
    super(`this ramdisk has no ${program}`);
  }
}

const start = (program: string, args: readonly string[], options: RunOptions): Promise<CommandOutput> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: options.timeoutMs });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new ProgramMissing(program) : error),
    );
    child.on('close', (code, signal) =>
      resolve({
        code: code ?? -1,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString() + (signal ? `\nended by ${signal}` : ''),
      }),
    );
    // A program that does not read its input may be gone before it is written; its exit code tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });

export const commandRunner =
  (journal: Journal): Run =>
  async (program, args = [], options = {}) => {
    const output = await start(program, args, options);
    journal.command([program, ...args].join(' '), output);
    if (!(options.accept ?? [0]).includes(output.code)) throw new CommandFailed(program, output);
    return output;
  };

/** The output of a program that may be missing or fail: `undefined` then. */
export const tryRun = async (
  run: Run,
  program: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<string | undefined> => {
  try {
    return (await run(program, args, options)).stdout;
  } catch {
    return undefined;
  }
};
