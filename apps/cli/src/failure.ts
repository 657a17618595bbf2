/** What scripts may rely on. */
export const exitCodes = {
  /** It was asked for rightly and could not be done. */
  failed: 1,
  /** It was asked for wrongly: arguments, configuration. */
  usage: 2,
  /** No server answers. */
  unreachable: 3,
} as const;

/** The command ends with a sentence for the user. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly exitCode: number = exitCodes.failed,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export const usage = (message: string): Failure => new Failure(message, exitCodes.usage);
