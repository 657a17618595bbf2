import { CommanderError } from 'commander';
import { ConfigurationError } from '#configuration';
import { exitCodes, Failure } from './failure.js';
import type { Io } from './io.js';
import { createProgram } from './program.js';

/** Runs one command line and answers its exit code. Errors become sentences, never stack traces. */
export const run = async (args: readonly string[], io: Io): Promise<number> => {
  try {
    await createProgram(io).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has said it already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    io.err(`ferrolog: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof Failure) return error.exitCode;
    return error instanceof ConfigurationError ? exitCodes.usage : exitCodes.failed;
  }
};
