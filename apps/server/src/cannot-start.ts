import type { Configuration } from '#configuration';
import { Misconfigured, OutcomeUnknown, StoreUnavailable, Unusable } from '#domain';
import { isUnreachable } from '#postgres/errors';

/** The server could not start: the sentence says why and what to do. */
export class CannotStart extends Error {
  constructor(
    message: string,
    /** The way it was asked for is wrong; else the machine or its data stand in the way. */
    readonly isMisconfigured: boolean,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

/** Whether it stands in the way only until an engine is back that cannot be reached now. */
export const isAway = (error: unknown): boolean => {
  if (error instanceof StoreUnavailable) return error.passes;
  return error instanceof OutcomeUnknown || isUnreachable(error);
};

/** What may be foreseen to go wrong at the start, said in a sentence; anything else as it is. */
export const cannotStart = (error: unknown, { host, port }: Pick<Configuration, 'host' | 'port'>): unknown => {
  if (error instanceof Unusable || error instanceof StoreUnavailable)
    return new CannotStart(sentence(error.message), error instanceof Misconfigured, error);
  const { code, syscall } = error as { code?: string; syscall?: string };
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return error;
  switch (code) {
    case 'EADDRINUSE':
      return new CannotStart(
        `Port ${port} of ${host} is taken by another program: stop that one, or choose another port with --port.`,
        false,
        error,
      );
    case 'EACCES':
      return new CannotStart(
        `This user may not listen on port ${port}: choose one above 1023 with --port.`,
        true,
        error,
      );
    default:
      return new CannotStart(`Nothing can listen on ${host} (${code}): it is no address of this machine.`, true, error);
  }
};

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
